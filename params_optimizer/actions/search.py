"""`--method`: search the parameters of a strategy instead of trying a whole grid."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from params_optimizer.actions.common import Arguments, schedule_of, show
from params_optimizer.actions.strategies import strategy_of
from params_optimizer.config import Settings
from params_optimizer.console import DONE, FIXABLE, say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from params_optimizer.data.bars import Bars
    from params_optimizer.orchestrator.trials import Plan, Problem, Search
    from params_optimizer.search.objective import SearchObjective
    from params_optimizer.storage.run_directory import RunDirectory
    from params_optimizer.strategies.protocol import Strategy

GRID = "grid"
_BUILT_IN = "initial_balance"


def is_search(arguments: Arguments) -> bool:
    """Whether a search is asked for; the grid of the Initial Balance is the exhaustive run."""
    if arguments.method is None:
        return False
    own_space = arguments.space is not None
    return not (
        arguments.method == GRID and arguments.strategy in (None, _BUILT_IN) and not own_space
    )


def search(settings: Settings, arguments: Arguments) -> int:
    """Search, or go on with a search, and write its files; returns the exit code."""
    from params_optimizer.orchestrator.signals import Interrupted
    from params_optimizer.search.methods import make_method

    _refuse_what_only_grids_have(arguments)
    objective = objective_of(settings, arguments)
    strategy, bars = strategy_of(arguments, settings)
    problem = problem_of(settings, arguments, strategy, bars, objective)
    seed = settings.search.seed
    plan = plan_of(settings, arguments, problem)
    method = make_method(arguments.method, problem.space, settings.search, seed, plan.trials)
    if arguments.walk_forward:
        return _walk_forward(settings, arguments, problem, plan)
    if arguments.by_regime:
        return _by_regime(settings, arguments, problem, plan)
    directory = _directory(settings, arguments, problem, plan)
    say(
        f"{bars.symbol}: {plan.trials:,} trials by {arguments.method}, {plan.workers} workers, "
        f"{directory.path}"
    )
    if arguments.method == GRID and plan.trials < len(problem.space):
        say(f"{plan.trials:,} of {len(problem.space):,} parameter sets, spread evenly")
    try:
        found = _run(directory, problem, method, plan)
    except Interrupted as interruption:
        say(str(interruption))
        return interruption.exit_code
    from params_optimizer.reports.search import search_text

    show(search_text(problem, found, arguments.method))
    say(f"results: {directory.path}")
    return _code_of(found)


def _code_of(*searches: "Search") -> int:
    """Done, or to be fixed where no search has a complete trial."""
    complete = any(one.state == "complete" for search in searches for one in search.trials)
    return DONE if complete else FIXABLE


def _refuse_what_only_grids_have(arguments: Arguments) -> None:
    """Say so rather than leave out what was asked for.

    Raises:
        SettingsError: an option that needs the rows of a whole grid.
    """
    from params_optimizer.errors import SettingsError

    options = ("generate_excel", "generate_html", "trades", "validate", "robustness", "keep")
    given = [one for one in (*options, "holdout_from") if getattr(arguments, one, None)]
    if given:
        name = f"--{given[0].replace('_', '-')}"
        raise SettingsError(
            f"{name}: needs a run of the Initial Balance grid, not a search by --method. A search "
            f"is tested on other days with --walk-forward, or with --to, and then --backtest of "
            f"the winner with --from"
        )


def _walk_forward(
    settings: Settings, arguments: Arguments, problem: "Problem", plan: "Plan"
) -> int:
    """Every window searched in sample; its winner on the days after."""
    from params_optimizer.orchestrator.signals import Interrupted
    from params_optimizer.reports.search_walk import walk_text, write_walk
    from params_optimizer.search.methods import Method, make_method
    from params_optimizer.validation.search_walk import walk_forward_search

    def make(own: "Problem") -> Method:
        seed = settings.search.seed
        return make_method(arguments.method, own.space, settings.search, seed, plan.trials)

    try:
        walk = walk_forward_search(problem, schedule_of(arguments), make, plan, say)
    except Interrupted as interruption:
        say(str(interruption))
        return interruption.exit_code
    show(walk_text(walk, arguments.method))
    market = problem.evaluation.bars.symbol
    folder = _folder(settings, market, arguments.method, "walk_forward")
    for path in write_walk(market, problem, walk, folder):
        say(f"wrote {path}")
    return DONE


def _by_regime(settings: Settings, arguments: Arguments, problem: "Problem", plan: "Plan") -> int:
    """The days of each regime searched by themselves."""
    import numpy as np

    from params_optimizer.data.regimes import labels
    from params_optimizer.orchestrator.signals import Interrupted
    from params_optimizer.reports.search import search_text, write_search
    from params_optimizer.search.methods import Method, make_method
    from params_optimizer.storage import files
    from params_optimizer.validation.search_walk import on_days, search_on

    def make(own: "Problem") -> Method:
        seed = settings.search.seed
        return make_method(arguments.method, own.space, settings.search, seed, plan.trials)

    evaluation = problem.evaluation
    found = labels(evaluation.bars, arguments.by_regime, evaluation.zone)
    kept = np.ones(found.date.size, np.bool_)
    if evaluation.days is not None:
        kept = np.isin(found.date, evaluation.days)
    samples = {
        name: found.date[kept & (found.label == place)] for place, name in enumerate(found.names)
    }
    samples = {name: days for name, days in samples.items() if days.size}
    try:
        searches = search_on(problem, samples, make, plan, say)
    except Interrupted as interruption:
        say(str(interruption))
        return interruption.exit_code
    market = evaluation.bars.symbol
    root = _folder(settings, market, arguments.method, arguments.by_regime)
    for name, one in searches.items():
        own = on_days(problem, samples[name])
        show(f"{name}: {samples[name].size:,} days\n{search_text(own, one, arguments.method)}\n")
        files.make_folder(root / name)
        write_search(market, own, one, root / name)
    say(f"results: {root}")
    return _code_of(*searches.values())


def _folder(settings: Settings, market: str, method: str, what: str) -> Path:
    from datetime import datetime

    now = datetime.now().astimezone()
    return Path(settings.paths.output_dir) / f"{market}_{method}_{what}_{now:%Y%m%d_%H%M%S}"


def objective_of(settings: Settings, arguments: Arguments) -> "SearchObjective":
    """What `--metric` and `--direction` ask for."""
    from params_optimizer.search.objective import SearchObjective, goals_of

    bounds = settings.search.score_bounds
    least = settings.min_trades if arguments.min_trades is None else arguments.min_trades
    return SearchObjective(
        goals_of(arguments.metric, arguments.direction),
        least,
        bounds.pairs() if bounds else None,
        settings.ranking_weights,
    )


def problem_of(
    settings: Settings,
    arguments: Arguments,
    strategy: "Strategy",
    bars: "Bars",
    objective: "SearchObjective",
    days: "NDArray[np.int64] | None" = None,
) -> "Problem":
    """The space of the strategy or of `--space`, evaluated on `days` (None: the dates given)."""
    from params_optimizer.orchestrator.evaluator import Evaluation
    from params_optimizer.orchestrator.space_check import check_names, check_values
    from params_optimizer.orchestrator.strategies import zone_of
    from params_optimizer.orchestrator.trials import Problem
    from params_optimizer.search.space import ParameterSpace
    from params_optimizer.strategies.protocol import Canonical

    canonical = strategy.canonical if isinstance(strategy, Canonical) else None
    if arguments.space:
        space = ParameterSpace.read(arguments.space, canonical)
        check_names(space, strategy, str(arguments.space))
        check_values(space, strategy, bars, str(arguments.space))
    else:
        source = f"space of {strategy.name}"
        space = ParameterSpace.parse(strategy.space(), canonical=canonical, source=source)
    zone = zone_of(settings, bars.symbol)
    if days is None:
        days = _dates(bars, zone, arguments)
    bayesian = arguments.method == "bayesian"
    stretches = settings.search.bayesian.stretches if bayesian else 1
    return Problem(
        space, Evaluation(strategy, bars, zone, days, arguments.border, stretches), objective
    )


def _dates(bars: "Bars", zone: str, arguments: Arguments) -> "NDArray[np.int64] | None":
    from params_optimizer.data.days import local_days, to_day
    from params_optimizer.errors import DataError

    if arguments.first is None and arguments.last is None:
        return None
    dates = local_days(bars.m1.time, zone).date
    if arguments.first:
        dates = dates[dates >= to_day(arguments.first)]
    if arguments.last:
        dates = dates[dates <= to_day(arguments.last)]
    if not dates.size:
        raise DataError(
            f"no bar of {bars.symbol} between {arguments.first or 'the beginning'} and "
            f"{arguments.last or 'the end'}"
        )
    return dates


def plan_of(settings: Settings, arguments: Arguments, problem: "Problem") -> "Plan":
    """How many trials, in which batches, by how many workers."""
    from params_optimizer.orchestrator import machine
    from params_optimizer.orchestrator.trials import Plan

    own = settings.search
    trials = own.trials
    evolution = {"genetic": own.genetic, "nsga2": own.nsga2}.get(arguments.method)
    if arguments.trials is None and evolution and evolution.generations:
        trials = evolution.population * evolution.generations
    if arguments.trials is None and arguments.method == GRID:
        trials = len(problem.space)
    workers = settings.parallelization.num_workers or machine.cores()
    method = settings.parallelization.start_method
    return Plan(trials, own.batch, max(1, min(workers, own.batch)), own.timeout, method)


def _directory(
    settings: Settings, arguments: Arguments, problem: "Problem", plan: "Plan"
) -> "RunDirectory":
    from params_optimizer.orchestrator.search_run import Identity, choose

    strategy = arguments.strategy or _BUILT_IN
    identity = Identity(
        market=problem.evaluation.bars.symbol,
        strategy=f"{strategy} {_code(strategy)}",
        method=arguments.method,
        seed=settings.search.seed,
        trials=plan.trials,
        batch=plan.batch,
        timeout=plan.timeout,
        costs=_costs(settings, problem.evaluation.strategy),
    )
    method_settings: Any = settings.search.model_dump(mode="json").get(
        arguments.method.replace("-", "_")
    )
    return choose(
        identity,
        problem,
        method_settings,
        Path(settings.paths.output_dir),
        say,
        resume=not arguments.no_resume,
        name=arguments.run_dir,
    )


def _code(strategy: str) -> str:
    from params_optimizer.strategies.registry import code_fingerprint

    return code_fingerprint(strategy)


def _costs(settings: Settings, strategy: "Strategy") -> str:
    """What decides trades beside bars and parameters, in one hash."""
    import pickle
    from hashlib import sha256

    own = [
        getattr(strategy, "spread", None),
        getattr(strategy, "news", None),
        getattr(strategy, "axes", None),
        getattr(strategy, "members", None),
        getattr(strategy, "regimes", None),
        settings.positions.model_dump(),
        settings.backtest.model_dump(),
    ]
    return sha256(pickle.dumps(own, protocol=4)).hexdigest()[:16]


def _run(directory: "RunDirectory", problem: "Problem", method: Any, plan: "Plan") -> Any:  # noqa: ANN401
    from params_optimizer.orchestrator.manifest import timestamp
    from params_optimizer.orchestrator.search_run import JOURNAL
    from params_optimizer.orchestrator.trials import run_search
    from params_optimizer.reports.search import write_search
    from params_optimizer.reports.search_progress import search_progress
    from params_optimizer.storage.journal import Journal
    from params_optimizer.storage.run_directory import COMPLETE

    market = problem.evaluation.bars.symbol
    with directory.locked():
        directory.remove_temporaries()
        with search_progress(market, plan.trials, problem.objective) as listener:
            journal = Journal(directory.path / JOURNAL)
            found = run_search(problem, method, plan, say, journal=journal, listener=listener)
        write_search(market, problem, found, directory.path)
        ended = {"status": COMPLETE, "ended": timestamp()}
        directory.write_manifest({**directory.manifest(), **ended})
    return found
