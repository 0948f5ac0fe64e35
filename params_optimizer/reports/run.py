"""A run as the sections of its report show it, whatever method and strategy made it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from params_optimizer.orchestrator.outcome import RANKING_ROWS, SearchOutcome
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.blocks import Column, Fact, Row
from params_optimizer.reports.facts import (
    GENERATED,
    days_text,
    facts_of,
    title_of,
    tried_text,
    years_text,
)
from params_optimizer.reports.forms import count_of
from params_optimizer.reports.labels import in_text
from params_optimizer.reports.parameters import axis_rows, parameter_columns
from params_optimizer.reports.run_table import RunTable
from params_optimizer.reports.series import Series, series_of
from params_optimizer.reports.trades import trade_columns

if TYPE_CHECKING:
    from params_optimizer.reports.landscape import Landscape


@dataclass(frozen=True)
class ReportedRun(RunTable):
    """A run as its report shows it; see `RunTable`.

    `limit` is the highest number of rows of a table of the workbook.
    """

    limit: int = RANKING_ROWS

    @property
    def title(self) -> str:
        """Market, strategy and size of the run."""
        sets = count_of(self.size, self.unit)
        if isinstance(self.outcome, SearchOutcome):
            sets += f" by {self.outcome.method}"
        return title_of(self.plan, sets)

    @cached_property
    def days_text(self) -> str:
        """How many days were traded, from the first to the last."""
        return days_text(self.plan)

    @property
    def facts(self) -> list[Fact]:
        """What was searched, on which data, at which costs, and what came of it."""
        facts = []
        if isinstance(self.outcome, SearchOutcome):
            facts.append(Fact("Method", f"{self.outcome.method}, seed {self.outcome.seed}"))
            facts.append(Fact("Trials", tried_text(self.outcome)))
        facts += [*facts_of(self.plan), Fact("Ranked", self.ranked_text)]
        if self.plan.most is not None:
            each = " overall and of each variation" if self.variations else ""
            text = (
                f"the {self.plan.most:,} best{each}, {len(self.table):,} rows; the distribution of "
                f"every metric is over all combinations"
            )
            facts.append(Fact("Rows kept", text))
        return facts

    @property
    def warnings(self) -> list[str]:
        """What has to be known before anything else is read."""
        warnings = [GENERATED] if self.generated else []
        if self.unfinished:
            warnings.append(self.unfinished)
        if isinstance(self.plan, Study) and self.plan.years_without_news:
            warnings.append(
                f"The news calendar has no high-impact event of "
                f"{', '.join(self.plan.market.news_currencies)} in "
                f"{years_text(self.plan.years_without_news)}: the news filter did nothing there."
            )
        return warnings

    @property
    def ranked_text(self) -> str:
        """How many sets are ranked, and why the rest is not."""
        texts = [repr(condition.text) for condition in self.plan.objective.conditions]
        conditions = f"the condition{'s' * (len(texts) > 1)} {' and '.join(texts)}"
        if not self.exhaustive:
            meet = f" and meet {conditions}" if texts else ""
            return (
                f"{self.eligible:,} of {count_of(self.tried, 'parameter set')} are complete{meet}"
            )
        valued = self.eligible + self.ranking.left_out
        least = count_of(self.plan.objective.min_trades, "trade")
        text = f"{valued:,} of {count_of(self.tried, 'combination')} have at least {least}"
        if not texts:
            return text
        return f"{text}; {self.ranking.left_out:,} of them do not meet {conditions}"

    @property
    def order(self) -> str:
        """What the ranking is by, within a sentence."""
        return in_text(self.goals[0])

    @cached_property
    def parameters(self) -> Sequence[Column]:
        """A column for each parameter, called as the rows have it."""
        return parameter_columns(self.plan.space, self.plan.strategy_name)

    @property
    def axes(self) -> list[Row]:
        """See `parameters.axis_rows`."""
        return axis_rows(self.plan.space, self.plan.strategy_name)

    @cached_property
    def trade_columns(self) -> Sequence[Column]:
        """The columns of its trades."""
        return trade_columns(self.plan)

    @cached_property
    def landscape(self) -> "Landscape":
        """The ranked sets by their values on the axes of the space."""
        from params_optimizer.reports.landscape import Landscape

        return Landscape(self)

    @property
    def generated(self) -> bool:
        """Whether the bars are made by a random process."""
        return self.plan.bars.generated

    @property
    def name(self) -> str:
        """The name of the run's folder."""
        return self.folder.resolve().name

    @cached_property
    def series(self) -> list[Series]:
        """The trades whose equity is shown, the winner's first."""
        return list(series_of(self))
