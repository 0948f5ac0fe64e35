"""An adaptive run of any strategy as its report sees it."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from params_optimizer.analytics.equity import curve
from params_optimizer.config.space import ListedParameter
from params_optimizer.data.bars import Bars
from params_optimizer.data.days import iso_minute, to_date, to_day
from params_optimizer.data.ohlc import time_frame, time_frame_name
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.orchestrator.evaluator import TrialEvaluator
from params_optimizer.orchestrator.outcome import RANKING_ROWS, SearchOutcome
from params_optimizer.reports.blocks import Column, Fact, Figure, Row, column
from params_optimizer.reports.forms import FLAG, SETTING, count_of, figure, record_of, settings_text
from params_optimizer.reports.labels import PARAMETERS, TRADE, Label, in_line
from params_optimizer.reports.run import ReportedRun, Series, Texts, TradeRow, damaged
from params_optimizer.reports.search import causes_of, column_of
from params_optimizer.reports.trade_charts import trades_figure
from params_optimizer.reports.trial_landscape import TrialLandscape
from params_optimizer.search.axis import Axis
from params_optimizer.search.objective import SCORE
from params_optimizer.search.trial import Trial
from params_optimizer.strategies.account import Account, fill_costs
from params_optimizer.strategies.initial_balance.strategy import IB_WINDOW
from params_optimizer.strategies.protocol import DailyStrategy, Trades
from params_optimizer.strategies.registry import INITIAL_BALANCE

LONGEST_TEXT = 1000
"""Characters of a failure that are shown: Excel takes no more than 32,767 in a cell."""
_VALUES_SHOWN = 30
_MAX_DIGITS = 6
_WIDEST = 26.0
_INITIAL_BALANCE = {
    IB_WINDOW: Label("IB window", "", "Start and end of the Initial Balance, and their zone."),
    **PARAMETERS,
}
_TRADE_GROUPS = {
    "Trade": ("date", "direction"),
    "Entry": ("entry_time", "entry_price"),
    "Exit": ("exit_time", "exit_price"),
    "Result": ("r", "cumulative_r"),
}
_FILL = "Of the fill."
_BORDERS = {
    "close": "is closed at their last price",
    "carry": "counts whole, with what it makes afterwards",
    "drop": "does not count",
}


@dataclass(frozen=True)
class AdaptiveRun(ReportedRun):
    """An outcome, and the folder of its search."""

    outcome: SearchOutcome
    folder: Path
    limit: int = RANKING_ROWS
    unit = "trial"

    @property
    def strategy(self) -> str:  # type: ignore[override]
        """The strategy as `--strategy` names it."""
        return self.outcome.strategy

    @property
    def order(self) -> str:  # type: ignore[override]
        """The first goal."""
        return in_line(self.goals[0])

    @property
    def market(self) -> str:
        """The symbol, or the name of the file of bars."""
        return self.outcome.market

    @property
    def bars(self) -> Bars:
        """The bars that are traded."""
        return self.outcome.bars

    @property
    def title(self) -> str:
        """Market, strategy and size of the run."""
        count = count_of(len(self.trials), "trial")
        return f"{self.market}: {self.strategy}, {count} by {self.outcome.method}"

    @property
    def days_text(self) -> str:
        """How many days were traded, from the first to the last."""
        days = self.outcome.days
        if not days.size:
            return "no days"
        return f"{days.size:,} days with bars, {to_date(int(days[0]))} to {to_date(int(days[-1]))}"

    @property
    def facts(self) -> list[Fact]:
        """What was searched, how, for what, on which data, at which costs."""
        outcome, space = self.outcome, self.outcome.plan.space
        size = "without end" if space.size is None else f"{space.size:,} parameter sets"
        facts = [
            Fact("Strategy", f"{self.strategy} on {self.market}"),
            Fact("Method", f"{outcome.method}, seed {outcome.seed}"),
            Fact("Trials", self._trials_text()),
            Fact("Objective", self._objective_text()),
            Fact("Space", f"{count_of(len(space.axes), 'parameter')}, {size}"),
        ]
        rules = [rule.text for rule in (*space.relations, *space.performance)]
        if rules:
            facts.append(Fact("Constraints", "; ".join(rules)))
        evaluation = outcome.plan.evaluation
        facts += [
            Fact("Days", f"{self.days_text}, in {evaluation.zone}"),
            Fact("Bars", self._bars_text()),
            Fact("Costs", costs_text(outcome.rule)),
        ]
        if not isinstance(outcome.rule, DailyStrategy):
            text = f"a trade still open where the days end {_BORDERS[evaluation.border]}"
            facts.append(Fact("Border", f"{evaluation.border}: {text}"))
        return facts

    @property
    def warnings(self) -> list[str]:
        """Nothing that the facts do not say."""
        return []

    @property
    def unfinished(self) -> str:
        """What is missing that the run will still make; empty if nothing is."""
        return self.outcome.unfinished

    @property
    def tried(self) -> int:
        """Parameter sets that were evaluated."""
        return len(self.outcome.distinct)

    @property
    def eligible(self) -> int:
        """Complete trials, each parameter set once."""
        return len(self._ranking)

    @property
    def ranked_text(self) -> str:
        """How many parameter sets are complete."""
        return (
            f"{self.tried:,} parameter sets were tried on the same {self.outcome.days.size:,} "
            f"days, {self.eligible:,} of them are complete and were ranked."
        )

    @property
    def goals(self) -> Sequence[str]:
        """The metrics of the goals."""
        return self.outcome.plan.objective.metrics

    @property
    def parameters(self) -> Sequence[Column]:
        """A column for each axis of the space."""
        axes = self.outcome.plan.space.axes
        return [self._parameter(axis, place) for axis in axes for place in range(len(axis.names))]

    @property
    def axes(self) -> list[Row]:
        """The axes of the space with their ranges."""
        return [
            {
                "parameter": " / ".join(self._words(name).name for name in axis.names),
                "keys": axis.names,
                "values": "endless" if axis.count is None else axis.count,
                "range": range_text(axis),
            }
            for axis in self.outcome.plan.space.axes
        ]

    def ranked(self, limit: int) -> Collection[Row]:
        """The best complete trials."""
        return list(self.rows_of(self._ranking[:limit]))

    def rows_of(self, trials: Iterable[Trial]) -> Iterator[Row]:
        """A row for each trial; its rank is its place among the complete ones of these."""
        for place, trial in enumerate(trials, 1):
            row: dict[str, Any] = {
                "rank": place if trial.state == "complete" else None,
                "trial": trial.number,
                "state": trial.state,
                "violation": trial.violation if trial.state != "complete" else None,
                "reason": trial.reason[:LONGEST_TEXT] or None,
            }
            row |= {column_of(name): value for name, value in trial.parameters.items()}
            row |= {name: trial.metrics.get(name) for name in METRICS}
            row["flat_trades"] = record_of(trial.metrics)[2] if trial.metrics else None
            if SCORE in self.goals:
                place_of_score = list(self.goals).index(SCORE)
                figures = self.outcome.figures(trial) if trial.losses else None
                row[SCORE] = figures[place_of_score] if figures else None
            yield row

    def settings_of(self, row: Row) -> Mapping[str, Any]:
        """The parameters of a trial by their names."""
        names = self.outcome.plan.space.names
        return {name: row[column_of(name)] for name in names if column_of(name) in row}

    def trades(self, row: Row) -> list[TradeRow]:
        """The trades of a trial."""
        parameters = self.settings_of(row)
        return self._trade_rows(parameters, self.outcome.trades(parameters))

    @property
    def trade_columns(self) -> Sequence[Column]:
        """Times, prices and results of any strategy."""
        fills = {name: TRADE[name]._replace(note=_FILL) for name in ("entry_price", "exit_price")}
        fills["date"] = TRADE["date"]._replace(note="Local date of the entry.")
        return [
            column(
                name,
                group=group,
                price_digits=self.price_digits,
                words=fills.get(name),
                width=16 if "_time" in name else 11.5,
            )
            for group, names in _TRADE_GROUPS.items()
            for name in names
        ]

    def verdict(self) -> list[str]:
        """What can be said before `--robustness` ran."""
        if self.best is None:
            causes = causes_of(self.outcome.plan, self.trials)
            return ["No trial is complete: nothing can be called the best.", *causes]
        return [
            f"It is the best of {self.tried:,} parameter sets tried on the same days: some of it "
            f"is luck, and --robustness tells how much. Trade nothing that was not tested on other "
            f"days: --holdout-from DATE, --walk-forward."
        ]

    @property
    def trials(self) -> Sequence[Trial]:
        """Every trial, in the order in which they were asked."""
        return self.outcome.trials

    @cached_property
    def landscape(self) -> TrialLandscape:
        """The complete trials by their values on the axes of the space."""
        return TrialLandscape(self.outcome)

    @cached_property
    def series(self) -> list[Series]:
        """The best trial, and what was out of sample."""
        series = []
        if self.best:
            series.append(Series("best", f"Best (trial {self.best['trial']:,})", self.best_trades))
        if stitched := self.stitched_trades():
            series.append(
                Series("oos", "Walk-forward, out of sample", stitched, out_of_sample=True)
            )
        return [*series, *self._held_out()]

    def _held_out(self) -> list[Series]:
        """The winner of the days before the holdout, on the days after."""
        content = self.finding("holdout")
        if content is None:
            return []
        try:
            if not content["top"]:
                return []
            first, days = content["top"][0], content["out_sample_days"]
            ends = [to_day(date.fromisoformat(days[end])) for end in ("first", "last")]
            name = f"Holdout from {content['holdout_from']} (trial {first['trial']:,})"
            parameters = first["params"]
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise damaged(self, "holdout", error) from error
        evaluation = self.outcome.plan.evaluation
        every = replace(evaluation, days=None).dates  # days that the search may not have seen
        inside = (every >= ends[0]) & (every <= ends[1])
        evaluator = TrialEvaluator(replace(evaluation, days=every[inside], stretches=1))
        rows = self._trade_rows(parameters, evaluator.trades(parameters))
        return [Series("holdout", name, rows, out_of_sample=True)]

    @property
    def texts(self) -> Texts:
        """Sentences beside the figures."""
        return Texts(
            f"Over the {self.eligible:,} complete trials; empty where none lies. A search looks "
            f"longest where it is good: the mean of a cell with many trials says more than that of "
            f"a cell with a single trial.",
            "Estimated (fANOVA): a random forest learns the figure from the complete trials; a "
            "parameter's share is the part of the variance that it explains alone or together with "
            "others. With few trials it is rough. A parameter with hardly any share can be left at "
            "any value.",
            "Not known: it takes at least 10 complete trials that differ in the goal.",
            self._neighbours(),
            "",
        )

    def _neighbours(self) -> list[str]:
        """What the neighbours of the winner make, where `--robustness` tried them."""
        sentences = []
        if self.landscape.around():
            sentences.append(
                "Trials of this search that differ from the winner in one parameter alone."
            )
        content = self.finding("robustness")
        if content is None:
            text = "What its neighbours make was not tried one by one: --robustness does."
            return [*sentences, text]
        try:
            winners = [subject for subject in content["combinations"] if subject["rank"] == 1]
            return [*sentences, *(neighbours_text(subject) for subject in winners)]
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(self, "robustness", error) from error

    def chart(self) -> Figure | None:
        """The last trades of the winner, each with the candles around it."""
        if not self.best_trades:
            return None
        return trades_figure(
            self.bars, self.best_trades, self.outcome.plan.evaluation.zone, self.price_digits
        )

    @cached_property
    def price_digits(self) -> int:
        """Decimals of prices, as the bars have them."""
        closes = self.bars.m1.close[:: max(self.bars.count // 2000, 1)]
        for digits in range(_MAX_DIGITS + 1):
            if np.allclose(np.round(closes, digits), closes, rtol=0, atol=1e-9):
                return digits
        smallest = float(np.abs(closes).min()) if closes.size else 100.0
        return 2 if smallest >= 100 else 4 if smallest >= 1 else _MAX_DIGITS

    @cached_property
    def _ranking(self) -> list[Trial]:
        return self.outcome.ranking

    def _trade_rows(self, parameters: Mapping[str, Any], trades: Trades) -> list[TradeRow]:
        dates = self.outcome.plan.evaluation.dating()(parameters, trades)
        totals = curve(trades.r).cumulative.tolist()
        columns = [values.tolist() for values in trades]
        return [
            {
                "date": to_date(day),
                "direction": "long" if side > 0 else "short",
                "entry_time": _moment(entry),
                "entry_price": paid,
                "exit_time": _moment(leave),
                "exit_price": received,
                "r": r,
                "cumulative_r": total,
            }
            for day, (entry, leave, side, paid, received, r), total in zip(
                dates.tolist(), zip(*columns, strict=True), totals, strict=True
            )
        ]

    def _words(self, name: str) -> Label:
        """The words of the Initial Balance; elsewhere the name itself, as `--backtest` has it."""
        labels = _INITIAL_BALANCE if self.strategy == INITIAL_BALANCE else {}
        return labels.get(name) or Label(name, "")

    def _parameter(self, axis: Axis, place: int) -> Column:
        name = axis.names[place]
        words = self._words(name)
        choices: Sequence[Any] = (
            axis.model.choices if isinstance(axis.model, ListedParameter) else ()
        )
        if axis.joined:
            choices = tuple(choice[place] for choice in choices)
        switch = bool(choices) and all(isinstance(choice, bool) for choice in choices)
        longest = max([7, *(len(str(text)) for text in (*choices, *words.name.split()))])
        return Column(
            column_of(name),
            words.name,
            words.unit,
            words.note,
            FLAG if switch else SETTING,
            group="Parameters",
            width=min(longest + 3.0, _WIDEST),
        )

    def _trials_text(self) -> str:
        """How many trials ended in which state."""
        outcome, states = self.outcome, Counter(trial.state for trial in self.trials)
        ends = ", ".join(f"{count:,} {state}" for state, count in states.most_common()) or "none"
        text = f"{len(self.trials):,} of {outcome.planned:,} planned: {ends}"
        if repeated := len(self.trials) - self.tried:
            text += f"; {repeated:,} of them answered from memory"
        return f"{text}; the space holds no more" if outcome.search.exhausted else text

    def _objective_text(self) -> str:
        """The goals and the trades that a trial needs."""
        objective = self.outcome.plan.objective
        goals = " and ".join(f"{goal.direction} {in_line(goal.metric)}" for goal in objective.goals)
        return f"{goals}; at least {count_of(objective.min_trades, 'trade')}"

    def _bars_text(self) -> str:
        time = self.bars.m1.time
        if not time.size:
            return "none"
        first, last = (iso_minute(int(time[at]))[:16].replace("T", " ") for at in (0, -1))
        frame = time_frame_name(time_frame(time))
        return f"{time.size:,} of time frame {frame}, {first} to {last} UTC"


def costs_text(rule: object) -> str:
    """What a trade pays."""
    account, spread = getattr(rule, "account", None), getattr(rule, "spread", None)
    if isinstance(account, Account):
        return (
            f"{fill_costs(account)}; capital {account.initial_capital:,.0f}, not compounded; 1 R "
            f"is {account.risk_money:,.2f} ({account.risk_pct:g} % of it)"
        )
    if isinstance(spread, int | float):
        return f"spread {spread:g} points, half paid at the entry, half at a time exit"
    return "those that the strategy itself counts"


def range_text(axis: Axis) -> str:
    """The values of a parameter."""
    model = axis.model
    if isinstance(model, ListedParameter):
        rest = ", …" if len(model.choices) > _VALUES_SHOWN else ""
        return ", ".join(str(choice) for choice in model.choices[:_VALUES_SHOWN]) + rest
    exact = all(float(f"{end:g}") == end for end in (model.low, model.high))
    text = f"{model.low:g} to {model.high:g}" if exact else f"{model.low} to {model.high}"
    if model.step is None:
        text += ", every number"
    elif model.step != 1:
        text += f", step {model.step:g}"
    return f"{text}, by orders of magnitude" if model.log else text


def neighbours_text(subject: Mapping[str, Any]) -> str:
    """What the neighbours of a set of a robustness file make."""
    if subject["plateau_mean"] is None or subject["plateau_worst"] is None:
        return f"No plateau score: {subject['plateau_note'] or 'the winner has no neighbours'}."
    text = (
        f"The {subject['plateau_neighbours']:,} neighbours one step away make "
        f"{figure('total_r', subject['plateau_mean'])} R on average, the worst "
        f"{figure('total_r', subject['plateau_worst'])} R; the winner makes "
        f"{figure('total_r', subject['metrics']['total_r'])} R."
    )
    if subject["plateau_score"] is not None:
        text += f" Plateau score {subject['plateau_score']:.2f}: 1 is a plateau, 0 a lone peak."
    return text


def example_text(trial: Trial) -> str:
    """A trial that failed, with its parameters."""
    return f"for example trial {trial.number:,}: {settings_text(trial.parameters)}"


def local(minute: int, zone: ZoneInfo) -> datetime:
    """A minute since 1970 in UTC on the local clock."""
    return datetime.fromtimestamp(minute * 60, zone)


def _moment(minute: int) -> datetime:
    return np.datetime64(minute, "m").astype(datetime)  # type: ignore[no-any-return]
