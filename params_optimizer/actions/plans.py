"""From a request for a run to its plan, whatever strategy and method it names."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from params_optimizer.actions.common import Context, dates_of
from params_optimizer.actions.strategies import strategy_of
from params_optimizer.config import Settings
from params_optimizer.requests.base import CONFIG
from params_optimizer.requests.fields import GRID, INITIAL_BALANCE
from params_optimizer.requests.run import RunFields, is_search
from params_optimizer.storage import run_directory

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from params_optimizer.config.ensemble import EnsembleFile
    from params_optimizer.data.bars import Bars
    from params_optimizer.orchestrator.plan import Plan, StrategyPlan
    from params_optimizer.orchestrator.planned_method import PlannedMethod
    from params_optimizer.orchestrator.study import Study
    from params_optimizer.search.objective import Objective
    from params_optimizer.search.space import ParameterSpace
    from params_optimizer.strategies.protocol import Strategy


def plan_of(context: Context, request: RunFields) -> "Plan":
    """What a run evaluates, and how; nothing is made yet."""
    return strategy_plan(context, request) if is_search(request) else _study(context, request)


def strategy_plan(context: Context, request: RunFields) -> "StrategyPlan":
    """The plan for a space of any strategy."""
    from params_optimizer.orchestrator.fingerprints import identified
    from params_optimizer.orchestrator.plan import StrategyPlan
    from params_optimizer.orchestrator.strategies import zone_of
    from params_optimizer.strategies.batch import DaySample

    settings, name = context.settings, request.strategy or INITIAL_BALANCE
    strategy, bars = strategy_of(context, request, request.border)
    space = _space(request, strategy, bars)
    method = _method(settings, request, space)
    if _is_journaled(context, request):
        method = replace(method, journaled=True)
    zone = zone_of(settings, bars.symbol)
    plan = StrategyPlan(
        symbol=bars.symbol,
        settings=settings,
        bars=bars,
        dates=dates_of(request),
        fingerprint={},
        strategy_name=name,
        strategy=strategy,
        space=space,
        sample=DaySample(zone, _days(bars, zone, request), request.border or "close"),
        objective=_objective(settings, request, space, method),
        asks=method,
    )
    method.begin(space)  # refuses a space that it cannot search before anything is made
    return identified(plan, _code(name, request.ensemble))


def _objective(
    settings: Settings, request: RunFields, space: "ParameterSpace", method: "PlannedMethod"
) -> "Objective":
    """What is best: the score of a whole space, total R of trials, unless something else is.

    Raises:
        SettingsError: trials are to be judged by a figure that only a whole space has.
    """
    from params_optimizer.search.eligibility import conditions_of
    from params_optimizer.search.objective import Objective
    from params_optimizer.strategies.scopes import EVERY_TRADE

    conditions = (*space.performance, *conditions_of(settings, space.names, [EVERY_TRADE]))
    trades, direction = request.min_trades, request.direction
    if method.exhaustive:
        return Objective.of(settings, request.metric, trades, direction, conditions=conditions)
    metric, bounds = request.metric or "total_r", settings.search.score_bounds
    pairs = bounds.pairs() if bounds else None
    objective = Objective.of(
        settings, metric, trades, direction, bounds=pairs, conditions=conditions
    )
    objective.check_standalone()
    return objective


def _study(context: Context, request: RunFields) -> "Study":
    """What the run is made from; of a named one, what stands in its manifest."""
    from params_optimizer.orchestrator.study import make_study, reopen

    settings, data_dir = context.settings, context.data_dir
    if request.directory and CONFIG not in context.places:
        directory = run_directory.named(context.output, request.directory)
        return replace(reopen(directory, data_dir), settings=settings)
    dates, spread = dates_of(request), request.spread
    return make_study(settings, str(request.symbol), data_dir, dates=dates, spread=spread)


def _is_journaled(context: Context, request: RunFields) -> bool:
    """Whether the named run keeps a journal of trials in place of parts, as grids once did."""
    from params_optimizer.orchestrator.manifest import is_search

    if request.directory is None:
        return False
    return is_search(run_directory.named(context.output, request.directory).manifest())


def _space(request: RunFields, strategy: "Strategy", bars: "Bars") -> "ParameterSpace":
    """The space of the strategy, or the one of the user."""
    from params_optimizer.orchestrator.space_check import check_names, check_values
    from params_optimizer.search.space import ParameterSpace
    from params_optimizer.strategies.protocol import Canonical

    canonical = strategy.canonical if isinstance(strategy, Canonical) else None
    if not request.space:
        source = f"space of {strategy.name}"
        return ParameterSpace.parse(strategy.space(), canonical=canonical, source=source)
    if isinstance(request.space, Path):
        source, space = str(request.space), ParameterSpace.read(request.space, canonical)
    else:
        source = "space"
        space = ParameterSpace(request.space, canonical=canonical, source=source)
    check_names(space, strategy, source)
    check_values(space, strategy, bars, source)
    return space


def _method(settings: Settings, request: RunFields, space: "ParameterSpace") -> "PlannedMethod":
    """How the sets are chosen; of evolutions the generations may say how many."""
    from params_optimizer.orchestrator.planned_method import PlannedMethod

    name, search = str(request.method), settings.search
    evolution = {"genetic": search.genetic, "nsga2": search.nsga2}.get(name)
    trials = search.trials
    if request.trials is None and evolution and evolution.generations:
        trials = evolution.population * evolution.generations
    if name == GRID:
        space.check_listable()
        trials = len(space)
    return PlannedMethod.of(settings, name, trials)


def _days(bars: "Bars", zone: str, request: RunFields) -> "NDArray[np.int64] | None":
    from params_optimizer.data.days import to_day
    from params_optimizer.data.trading_days import trading_days
    from params_optimizer.errors import DataError

    if request.first is None and request.last is None:
        return None
    dates = trading_days(bars, zone).date
    if request.first:
        dates = dates[dates >= to_day(request.first)]
    if request.last:
        dates = dates[dates <= to_day(request.last)]
    if not dates.size:
        raise DataError(
            f"no bar of {bars.symbol} between {request.first or 'the beginning'} and "
            f"{request.last or 'the end'}"
        )
    return dates


def _code(strategy: str, ensemble: "Path | EnsembleFile | None") -> str:
    """A hash of the code of a strategy, and of that of the rules of an ensemble."""
    from params_optimizer.orchestrator.strategies import read_ensemble
    from params_optimizer.strategies.registry import ENSEMBLE, code_fingerprint

    rules = read_ensemble(ensemble).rules if strategy == ENSEMBLE else ()
    rule_strategies = [rule.strategy for rule in rules if ":" in rule.strategy]
    return " ".join(code_fingerprint(name) for name in (strategy, *rule_strategies))
