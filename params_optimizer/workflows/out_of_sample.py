"""Configurations on the days searched and on the days that were kept away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from params_optimizer.config.messages import nearest
from params_optimizer.data.regimes import DayLabels
from params_optimizer.errors import WorkflowError
from params_optimizer.strategies.protocol import Value
from params_optimizer.workflows.desk import flat
from params_optimizer.workflows.figures import FIGURES, figures
from params_optimizer.workflows.market import Market, by_rule, rule_named
from params_optimizer.workflows.model import Hypothesis
from params_optimizer.workflows.plan import DATA_MINING
from params_optimizer.workflows.work import Json, Known

COLUMNS = ("configuration", "days_of", "days", *FIGURES)
IN_SAMPLE, OUT_OF_SAMPLE = "searched", "kept away"
BEST = ".best"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Rules, parameters and weights under a name; by regime where they differ."""

    name: str
    general: Mapping[str, Value]
    by_regime: Mapping[str, Mapping[str, Value]]

    @classmethod
    def of(cls, name: str, known: Known, *, switched: bool = True) -> "Configuration":
        """What is known, with or without the parameters of regimes."""
        regimes = {regime: flat(known.of(regime)) for regime in known.by_regime}
        return cls(name, flat(known.general), regimes if switched else {})


def configurations(
    hypotheses: Sequence[Hypothesis], found: Mapping[str, Known]
) -> list[Configuration]:
    """What is tested: the hypotheses, or without any what was found, with and without regimes.

    `found` maps stage names to what was known after each, in order; the last one is also
    that of `data_mining`.

    Raises:
        WorkflowError: a hypothesis names something that was never found, or no known rule.
    """
    last = list(found.values())[-1]
    if not hypotheses:
        chosen = [Configuration.of("what was found", last)]
        if last.by_regime:
            chosen.append(Configuration.of("one set for all days", last, switched=False))
        return chosen
    return [_configuration(one, {**found, DATA_MINING: last}) for one in hypotheses]


def _configuration(said: Hypothesis, found: Mapping[str, Known]) -> Configuration:
    if said.found is None:
        for rule in by_rule(said.parameters):
            rule_named(rule)
        if not by_rule(said.parameters):
            raise WorkflowError(
                f"hypothesis {said.name!r}: {dict(said.parameters)} names no rule; write for "
                f"example ma_crossover.fast"
            )
        return Configuration(said.name, dict(said.parameters), {})
    stage = said.found.removesuffix(BEST)
    if stage not in found or not said.found.endswith(BEST):
        known = [f"{name}{BEST}" for name in found]
        raise WorkflowError(
            f"hypothesis {said.name!r}: from {said.found!r} is nothing that was found"
            f"{nearest(said.found, known)}; there are: {', '.join(known)}"
        )
    return Configuration.of(said.name, found[stage])


def compared(
    market: Market,
    kept_away: Market,
    labels: DayLabels | None,
    chosen: Sequence[Configuration],
) -> list[Json]:
    """Two rows a configuration: its figures on both kinds of days.

    `market` and `kept_away` are the same bars on different days; `labels` are those of all
    of their days, each made of earlier days only.
    """
    rows = []
    for one in chosen:
        for days_of, part in ((IN_SAMPLE, market), (OUT_OF_SAMPLE, kept_away)):
            if one.by_regime and labels is not None:
                wanted = part.switched(labels, one.general, one.by_regime)
            else:
                wanted = part.combined(one.general)
            rows.append(
                {
                    "configuration": one.name,
                    "days_of": days_of,
                    "days": int(part.dates.size),
                    **figures(part.track(wanted)),
                }
            )
    return rows
