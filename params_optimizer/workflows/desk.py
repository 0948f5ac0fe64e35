"""What a sequence's work is done with: the components chosen for one run, and its workers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from params_optimizer.data.regimes import DayLabels
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import SettingsError
from params_optimizer.strategies.protocol import Parameters, Value
from params_optimizer.workflows.kept import read_result, write_result
from params_optimizer.workflows.market import Market, TrackRecord, by_rule
from params_optimizer.workflows.methods import Search, SearchMethod
from params_optimizer.workflows.metrics import Metric
from params_optimizer.workflows.objective import Backtest, Objective
from params_optimizer.workflows.targets import configured, known
from params_optimizer.workflows.work import Days, Json, Known, Work


@dataclass(frozen=True, slots=True)
class Assignment:
    """How one target is optimised."""

    target: Any
    method_name: str
    method: SearchMethod
    metric_name: str
    metric: Metric
    constraints: tuple[Any, ...] = ()


def _nobody_listens(event: object) -> None:
    del event


@dataclass(frozen=True, slots=True)
class OptimizationDesk:
    """See `work.Desk`. `name` is that of the run.

    Finished searches are kept in `folder`, where it is given; `key` proves that they belong
    to this run.
    """

    assignments: Mapping[str, Assignment]
    sequences: Mapping[str, Any]
    market: Market | None
    name: str
    workers: int = 1
    seed: int = 0
    folder: Path | None = None
    key: str = ""
    min_trades: int = 0
    backtest: Backtest | None = None
    progress: Callable[[Any], None] = _nobody_listens

    @property
    def days(self) -> Days:
        """All days of the market."""
        return self.market.dates if self.market else np.zeros(0, np.int64)

    def sequence(self, name: str) -> Any:  # noqa: ANN401  a Sequence; they import this file
        """The sequence registered under a name."""
        return known("sequence", name, self.sequences)

    def bars(self, work: Work) -> int:
        """Number of bars on the days of the work."""
        return self._market(work, {}).bars_count if self.market else 0

    def optimise(self, work: Work, target: str) -> Json:
        """Search a target; one of several parts is searched part by part."""
        one = self.assignments[target]
        parts: Mapping[str, Any] = getattr(one.target, "parts", dict)()
        if not parts:
            return self._searched(work, target, one)
        best: dict[str, Value] = {}
        found: Json = {}
        for name, part in parts.items():
            found[name] = self._searched(work.labelled(target), name, replace(one, target=part))
            best |= found[name]["best_params"]
        objective = self._objective(work, replace(one, constraints=()))
        return {
            **_said(one),
            "best_params": best,
            "best_score": _plain(objective(best)),
            "trials": sum(part["trials"] for part in found.values()),
            "parts": found,
        }

    def judge(self, work: Work, found: Known) -> Json:
        """What all that is known achieves together on the days of the work.

        `score` and `metrics` are None where it names no rules that could be traded together.
        """
        said: Json = {"best_params": found.to_json()["general"], "known": found.to_json()}
        one = self.assignments[work.targets[-1]]
        record = self.record(work, found)
        if record is None:
            return {**said, "score": None, "metrics": None}
        score = None
        if not hasattr(one.metric, "accuracy"):
            score = _plain(float(one.metric.calculate(record.equity, record.trades)))
        metrics = {name: _plain(v) for name, v in metrics_of_r(record.trades.r).items()}
        return {**said, "metric": one.metric_name, "score": score, "metrics": metrics}

    def record(self, work: Work, found: Known) -> TrackRecord | None:
        """Equity and trades of all rules together, switched by regime where they differ."""
        general = flat(found.general)
        if self.market is None or not by_rule(general):
            return None
        market = self._market(work, general)
        if not found.by_regime:
            return market.track(market.combined(general))
        labels = self.labels(work, found.detector, found)
        regimes = {name: flat(found.of(name)) for name in found.by_regime}
        return market.track(market.switched(labels, general, regimes))

    def labels(self, work: Work, detector: str, found: Known | None = None) -> DayLabels:
        """The regimes of the days of the work, by a detector with its parameters known."""
        parameters = (found or work.known).general.get(detector)
        target = configured(self.assignments[detector].target, parameters)
        result: DayLabels = target.labels(self._market(work, {}))
        return result

    def detector(self, work: Work, wanted: str | None) -> str:
        """The regime detector of this name, or the only one among the targets."""
        del work
        able = [
            name
            for name, one in self.assignments.items()
            if callable(getattr(one.target, "labels", None))
        ]
        if wanted is not None:
            known("target", wanted, self.assignments)
            if wanted not in able:
                raise SettingsError(
                    f"regime_detector_target {wanted!r}: tells no regimes; it has to have "
                    f"labels(market)"
                )
            return wanted
        if len(able) != 1:
            raise SettingsError(
                f"regime_specific: {len(able)} of the targets detect regimes"
                f"{' (' + ', '.join(able) + ')' if able else ''}; name one as "
                f"regime_detector_target"
            )
        return able[0]

    def _searched(self, work: Work, target: str, one: Assignment) -> Json:
        """Search one target; a search that was finished before is read, not done again."""
        label = "/".join((self.name, *work.label, target))
        kept = self.folder / f"{_file_name(label)}.json" if self.folder else None
        if kept and (found := read_result(kept, self.key)) is not None:
            return found
        search = Search(
            space=self._space(one, target),
            objective=self._objective(work, one),
            seed=int.from_bytes(sha256(f"{self.seed} {label}".encode()).digest()[:4], "big"),
            workers=self.workers,
            label=label,
            progress=self.progress,
        )
        found = {**_said(one), **one.method.search(search)}
        if kept:
            write_result(kept, self.key, found)
        return found

    def _space(self, one: Assignment, target: str) -> Json:
        """The target's space, and the relations that constrain it."""
        space = dict(one.target.get_parameter_space())
        names = space["parameters"]
        relations = [limit.relation(names, target) for limit in one.constraints]
        said = [*space.get("constraints", ()), *(text for text in relations if text)]
        return {**space, "constraints": said}

    def _objective(self, work: Work, one: Assignment) -> Objective:
        market = self._market(work, flat(work.known.general)) if self.market else None
        return Objective(
            one.target, one.metric, one.constraints, market, self.backtest, self.min_trades
        )

    def _market(self, work: Work, parameters: Parameters) -> Market:
        if self.market is None:
            raise SettingsError("OptimizationManager: this sequence needs a market with days")
        return self.market.on(work.days, parameters)


def flat(parameters: Mapping[str, Parameters]) -> dict[str, Value]:
    """Parameters of all targets in one mapping."""
    return {name: value for one in parameters.values() for name, value in one.items()}


def _said(one: Assignment) -> Json:
    return {
        "method": one.method_name,
        "metric": one.metric_name,
        "higher_is_better": one.metric.higher_is_better,
    }


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _file_name(label: str) -> str:
    """A name of plain letters for any label; the hash tells like ones apart."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", label).strip("-.")[:80]
    return f"{plain}-{sha256(label.encode()).hexdigest()[:8]}"
