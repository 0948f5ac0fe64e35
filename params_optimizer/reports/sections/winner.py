"""The best parameter set: its figures and its parameters."""

from collections.abc import Iterator

from params_optimizer.reports.blocks import Block, Fact, Facts, Heading, Paragraph, Row, Tone
from params_optimizer.reports.forms import FEW_TRADES, ID, R, form_of, percent, record
from params_optimizer.reports.labels import SIGNED_METRICS, in_line, label
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.section import Section, has_winner

_FIGURES = (
    *("total_r", "total_trades", "winrate", "avg_trade_r", "sharpe_ratio", "sortino_ratio"),
    *("profit_factor", "max_drawdown", "calmar_ratio"),
)


def blocks(run: ReportedRun) -> Iterator[Block]:
    """Figures first, the goals before the rest; then the parameters."""
    best = run.best
    if best is None:
        return
    names = dict.fromkeys((*run.goals, *_FIGURES))
    figures = [Fact(label(run.unit).name, best[run.unit], ID)]
    figures += [fact for name in names for fact in _figure(best, name)]
    if run.best_trades and "profit" in run.best_trades[0]:
        profit = sum(trade["profit"] for trade in run.best_trades)
        figures.append(Fact("Profit of the account", profit, R, _tone(profit)))
    yield Facts(figures, prominent=True)
    yield Heading("Its parameters")
    yield Facts([Fact(column.name, best[column.name], column.form) for column in run.parameters])
    if run.trials and (shares := run.landscape.importance.shares):
        told = [f"{' × '.join(names)} {percent(share, 0)}" for names, share in shares[0].shares[:5]]
        yield Paragraph(f"What decides {in_line(shares[0].metric)}: {', '.join(told)}.")


def _figure(row: Row, name: str) -> Iterator[Fact]:
    value = row[name]
    yield Fact(in_line(name), value, form_of(name), _tone(value) if name in SIGNED_METRICS else "")
    if name == "winrate":
        yield Fact("Of its trades", record(row))
    if name == "total_trades" and value < FEW_TRADES:
        yield Fact("So few trades", "too few to judge")


def _tone(value: float) -> Tone:
    return "good" if value > 0 else "bad" if value < 0 else ""


SECTION = Section("best", "The best parameter set", "Best", has_winner, blocks)
