"""`--method`: search the parameters of a strategy instead of trying a whole grid."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from params_optimizer.actions.common import Arguments, keep_run_log, show, this_command
from params_optimizer.actions.strategies import strategy_of
from params_optimizer.config import Settings
from params_optimizer.console import DONE, FIXABLE, Level, say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from params_optimizer.data.bars import Bars
    from params_optimizer.orchestrator.search_outcome import SearchOutcome
    from params_optimizer.orchestrator.search_run import Identity
    from params_optimizer.orchestrator.trials import Plan, Problem, Search
    from params_optimizer.search.methods import Method
    from params_optimizer.search.objective import Objective
    from params_optimizer.storage.run_directory import RunDirectory
    from params_optimizer.strategies.protocol import Strategy
    from params_optimizer.validation.searched.inner import Make

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


class Asked(NamedTuple):
    """A search as the command line asks for it; `make` begins its method anew."""

    problem: "Problem"
    plan: "Plan"
    identity: "Identity"
    method_settings: object
    make: "Make"

    @property
    def fingerprint(self) -> dict[str, str]:
        """What tells it from other searches."""
        return self.identity.fingerprint(self.problem, self.method_settings)


def asked_search(settings: Settings, arguments: Arguments) -> Asked:
    """The search that the arguments ask for; nothing is made yet."""
    from params_optimizer.orchestrator.search_run import Identity
    from params_optimizer.search.methods import make_method

    objective = objective_of(settings, arguments)
    strategy, bars = strategy_of(arguments, settings)
    problem = problem_of(settings, arguments, strategy, bars, objective)
    plan, seed = plan_of(settings, arguments, problem), settings.search.seed
    name = arguments.strategy or _BUILT_IN
    identity = Identity(
        market=bars.symbol,
        strategy=f"{name} {_code(name, arguments.ensemble)}",
        method=arguments.method,
        seed=seed,
        trials=plan.trials,
        batch=plan.batch,
        timeout=plan.timeout,
        costs=_costs(settings, strategy),
    )
    every = settings.search.model_dump(mode="json")

    def make(own: "Problem") -> "Method":
        return make_method(arguments.method, own.space, settings.search, seed, plan.trials)

    return Asked(problem, plan, identity, every.get(arguments.method.replace("-", "_")), make)


def search(settings: Settings, arguments: Arguments) -> int:
    """Search, or go on with a search, write its files, and what is asked about it."""
    from params_optimizer.actions.searched import check_wishes, report_search, wanted_of_search
    from params_optimizer.orchestrator.search_run import choose
    from params_optimizer.orchestrator.signals import Interrupted, stop_requests

    _refuse_what_only_grids_have(arguments)
    asked = asked_search(settings, arguments)
    asked.make(asked.problem)  # refuses a space that it cannot search before anything is made
    check_wishes(asked.problem.evaluation, arguments)
    more, looking = wanted_of_search(arguments), only_looks(arguments)
    directory, complete = choose(
        asked.identity,
        asked.problem,
        asked.method_settings,
        Path(settings.paths.output_dir),
        say,
        resume=not arguments.no_resume,
        reuse=more and not arguments.run,
        command=this_command(),
        name=arguments.run_dir,
    )
    try:
        # Whoever only looks may do so while another process searches.
        with stop_requests(), nullcontext() if looking else directory.locked():
            if not looking:
                directory.remove_temporaries()
                keep_run_log(directory)
            outcome = _outcome(asked, directory, arguments, search_on=not (complete or looking))
            if not complete:
                _show_search(outcome, asked=more)
            code = DONE if outcome.best else FIXABLE
            if more:
                code = (
                    report_search(outcome, asked.make, asked.plan, directory.path, arguments)
                    or code
                )
    except Interrupted as interruption:
        say(str(interruption), Level.QUIET)
        return interruption.exit_code
    say(f"results: {directory.path}")
    return code


def only_looks(arguments: Arguments) -> bool:
    """Whether a search is only to be shown as it is, finished or not: page, workbook, trades.

    As for a run of the grid, that takes its name.
    """
    shows = arguments.generate_html or arguments.generate_excel or arguments.trades is not None
    works = (arguments.run, arguments.holdout_from, arguments.walk_forward, arguments.robustness)
    return bool(arguments.run_dir and shows and not any(works) and arguments.by_regime is None)


def _outcome(
    asked: Asked, directory: "RunDirectory", arguments: Arguments, *, search_on: bool
) -> "SearchOutcome":
    """What the search found: of the trials that are there, or with those still to ask."""
    from params_optimizer.orchestrator.search_check import check_answers
    from params_optimizer.orchestrator.search_outcome import SearchOutcome
    from params_optimizer.orchestrator.search_run import found_in

    problem, plan, identity = asked.problem, asked.plan, asked.identity
    found = found_in(directory, plan.trials)
    check_answers(problem, found.trials, directory.path.name)
    if search_on:
        say(
            f"{identity.market}: {plan.trials:,} trials by {identity.method}, "
            f"{plan.workers} workers, {directory.path}"
        )
        found = _run(directory, problem, asked.make(problem), plan)
    name = arguments.strategy or _BUILT_IN
    return SearchOutcome(problem, found, name, identity.method, plan.trials, identity.seed)


def _refuse_what_only_grids_have(arguments: Arguments) -> None:
    """Say so rather than leave out what was asked for.

    Raises:
        SettingsError: an option that needs the rows, or the second engine, of a grid.
    """
    from params_optimizer.errors import SettingsError

    reasons = {
        "validate": "compares combinations of the grid of the Initial Balance with the reference "
        "engine; --check-strategy tests any strategy",
        "keep": "of a search every trial is kept: leave it out",
        "pbo": "takes all of a grid; a search is judged by a sample of its space: leave it out",
    }
    for name, reason in reasons.items():
        if getattr(arguments, name) not in {None, "sample"}:
            raise SettingsError(f"--{name} {getattr(arguments, name)}: {reason}")


def _show_search(outcome: "SearchOutcome", *, asked: bool) -> None:
    from params_optimizer.reports.search import search_text

    if outcome.method == GRID and outcome.planned < len(outcome.problem.space):
        whole = len(outcome.problem.space)
        say(f"{outcome.planned:,} of {whole:,} parameter sets, spread evenly")
    show(search_text(outcome.problem, outcome.search, outcome.method))
    if not asked and outcome.best:
        say(
            "next, with the same command: --walk-forward or --holdout-from DATE (other days), "
            "--robustness (skill or luck), --by-regime volatility, --generate-html, "
            "--generate-excel, --trades best"
        )


def objective_of(settings: Settings, arguments: Arguments) -> "Objective":
    """What `--metric` and `--direction` ask for."""
    from params_optimizer.search.objective import Objective

    bounds = settings.search.score_bounds
    objective = Objective.of(
        settings,
        arguments.metric or "total_r",
        arguments.min_trades,
        arguments.direction,
        bounds=bounds.pairs() if bounds else None,
    )
    objective.check_standalone()
    return objective


def problem_of(
    settings: Settings,
    arguments: Arguments,
    strategy: "Strategy",
    bars: "Bars",
    objective: "Objective",
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


def _code(strategy: str, ensemble: Path | None) -> str:
    """A hash of the code of a strategy, and of that of the rules of an ensemble."""
    from params_optimizer.orchestrator.strategies import read_ensemble
    from params_optimizer.strategies.registry import ENSEMBLE, code_fingerprint

    rules = read_ensemble(ensemble).rules if ensemble and strategy == ENSEMBLE else ()
    own = [one.strategy for one in rules if ":" in one.strategy]
    return " ".join(code_fingerprint(name) for name in (strategy, *own))


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


def _run(directory: "RunDirectory", problem: "Problem", method: "Method", plan: "Plan") -> "Search":
    from params_optimizer.orchestrator.search_run import finish, journal_of
    from params_optimizer.orchestrator.trials import run_search
    from params_optimizer.reports.search import write_search
    from params_optimizer.reports.search_progress import search_progress

    market = problem.evaluation.bars.symbol
    with search_progress(market, plan.trials, problem.objective) as listener:
        journal = journal_of(directory)
        found = run_search(problem, method, plan, say, journal=journal, listener=listener)
    write_search(market, problem, found, directory.path)
    finish(directory)
    return found
