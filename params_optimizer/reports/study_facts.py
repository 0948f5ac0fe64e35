"""What a grid is evaluated on, as facts."""

from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.blocks import Fact
from params_optimizer.reports.forms import count_of


def study_title(study: Study) -> str:
    """Market, strategy and size of a grid."""
    return f"{study.symbol}: Initial Balance strategy, {count_of(len(study.grid), 'combination')}"


def study_facts(study: Study) -> list[Fact]:
    """On which days a grid is evaluated, and at which costs."""
    news = "off"
    if (rule := study.settings.news_filter).enabled:
        news = (
            f"no decision from {rule.before_minutes} minutes before to {rule.after_minutes} "
            f"after high-impact events in {', '.join(study.market.news_currencies)}"
        )
    return [
        Fact("Days", days_text(study)),
        Fact("Spread", f"{study.spread:g} points, half paid at the entry, half at a time exit"),
        Fact("News filter", news),
        Fact("Money", f"{study.risk_money:,.0f} at risk per trade, no compounding"),
    ]


def days_text(study: Study) -> str:
    """How many days are traded, from the first to the last, and what clock changes cost."""
    first, last = study.span
    text = f"{study.trading_days:,} trading days, {first} to {last}"
    if skipped := study.days_without_window:
        text += (
            f"; {count_of(skipped, 'day')} not traded, since a change of the clock leaves out the "
            f"start or end of the Initial Balance"
        )
    return text
