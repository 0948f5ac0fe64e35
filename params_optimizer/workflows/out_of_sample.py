"""Configurations on the days searched and on the days that were kept away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from params_optimizer.config.messages import nearest
from params_optimizer.data.regimes import DayLabels
from params_optimizer.errors import WorkflowError
from params_optimizer.strategies.protocol import Value
from params_optimizer.workflows import metrics
from params_optimizer.workflows.best import NOTHING, BestParameters, Json, flat
from params_optimizer.workflows.hypotheses import BEST
from params_optimizer.workflows.market import MarketDays, by_rule
from params_optimizer.workflows.model import DATA_MINING, Hypothesis

COLUMNS = ("configuration", "days_of", "days", *metrics.COLUMNS)
IN_SAMPLE, OUT_OF_SAMPLE = "searched", "kept away"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Rules, parameters and weights under a name; by regime where they differ."""

    name: str
    general: Mapping[str, Value]
    by_regime: Mapping[str, Mapping[str, Value]]

    @classmethod
    def of(cls, name: str, best: BestParameters, *, switched: bool = True) -> "Configuration":
        """The best parameters, with or without those of regimes."""
        regimes = {regime: flat(best.of(regime)) for regime in best.by_regime}
        return cls(name, flat(best.general), regimes if switched else {})


def configurations(
    hypotheses: Sequence[Hypothesis], stages: Mapping[str, BestParameters]
) -> list[Configuration]:
    """What is tested: the hypotheses; without any the best parameters, switched and not.

    `stages` maps stage names to the best parameters after each, in order; those of the last
    one are also those of `data_mining`.

    Raises:
        WorkflowError: a hypothesis names no stage and no rule.
    """
    last = [NOTHING, *stages.values()][-1]
    if not hypotheses:
        tested = [Configuration.of("what was found", last)]
        if last.by_regime:
            tested.append(Configuration.of("one set for all days", last, switched=False))
        return tested
    return [_configuration(item, {**stages, DATA_MINING: last}) for item in hypotheses]


def _configuration(hypothesis: Hypothesis, stages: Mapping[str, BestParameters]) -> Configuration:
    name, source = hypothesis.name, hypothesis.source
    if source is None:
        if not by_rule(hypothesis.parameters):
            raise WorkflowError(
                f"hypothesis {name!r}: {dict(hypothesis.parameters)} names no rule; write for "
                f"example ma_crossover.fast"
            )
        return Configuration(name, dict(hypothesis.parameters), {})
    sources = {f"{stage}{BEST}": best for stage, best in stages.items()}
    if source not in sources:
        raise WorkflowError(
            f"hypothesis {name!r}: from {source!r} is not the result of a stage"
            f"{nearest(source, sources)}; there are: {', '.join(sources)}"
        )
    return Configuration.of(name, sources[source])


def compared(
    searched: MarketDays,
    kept_away: MarketDays,
    labels: DayLabels | None,
    tested: Sequence[Configuration],
) -> list[Json]:
    """Two rows for each configuration: its figures on both kinds of days.

    `searched` and `kept_away` are the same bars on different days; `labels` are those of all
    of their days, each made of earlier days only.
    """
    rows = []
    for configuration in tested:
        for days_of, market in ((IN_SAMPLE, searched), (OUT_OF_SAMPLE, kept_away)):
            targets = market.combined(configuration.general)
            if configuration.by_regime and labels is not None:
                regimes = configuration.by_regime
                targets = market.switched(labels, configuration.general, regimes)
            row: Json = {"configuration": configuration.name, "days_of": days_of}
            row["days"] = int(market.dates.size)
            rows.append(row | metrics.standard_metrics(*market.track(targets)))
    return rows
