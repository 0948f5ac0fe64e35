"""Searches of the parameters of a strategy, in place of its whole grid."""

import logging
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from params_optimizer.actions.answers import answer_all
from params_optimizer.actions.common import Context, keep_run_log, quiet, show, this_command
from params_optimizer.actions.strategies import strategy_of
from params_optimizer.config import Settings
from params_optimizer.console import FIXABLE
from params_optimizer.errors import RunError
from params_optimizer.requests.command import Command
from params_optimizer.requests.fields import GRID, INITIAL_BALANCE
from params_optimizer.requests.run import RunFields, RunRequest
from params_optimizer.requests.stored import REQUEST, stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from params_optimizer.data.bars import Bars
    from params_optimizer.orchestrator.checkpoint import Checkpoint
    from params_optimizer.orchestrator.search_outcome import SearchOutcome
    from params_optimizer.orchestrator.search_run import SearchSettings
    from params_optimizer.orchestrator.trials import Problem, Search, TrialPlan
    from params_optimizer.search.methods.method import Method
    from params_optimizer.search.objective import Objective
    from params_optimizer.search.trial import Trial
    from params_optimizer.storage.run_directory import Manifest, RunDirectory
    from params_optimizer.strategies.protocol import Strategy
    from params_optimizer.validation.searches import Make

log = logging.getLogger(__name__)


class PlannedSearch(NamedTuple):
    """A search as a request asks for it; `make` begins its method anew."""

    problem: "Problem"
    plan: "TrialPlan"
    identity: "SearchSettings"
    method_settings: object
    make: "Make"

    @property
    def fingerprint(self) -> dict[str, str]:
        """What tells it from other searches."""
        return self.identity.fingerprint(self.problem, self.method_settings)

    def manifest(self, request: RunFields, settings: Settings) -> "Manifest":
        """The manifest of the search if it begins now."""
        content = stored(request, settings)
        if "trials" in content:  # generations may say how many
            content["trials"] = self.plan.trials
        return self.identity.manifest(self.problem, self.method_settings, this_command()) | {
            "settings": settings.model_dump(mode="json"),
            REQUEST: content,
        }


def planned_search(context: Context, request: RunFields) -> PlannedSearch:
    """The search that a request asks for; nothing is made yet."""
    from params_optimizer.orchestrator.search_run import SearchSettings
    from params_optimizer.search.methods import make_method

    settings, method = context.settings, str(request.method)
    objective = objective_of(settings, request)
    strategy, bars = strategy_of(context, request, request.border)
    problem = problem_of(settings, request, strategy, bars, objective)
    plan, seed = plan_of(settings, request, problem), settings.search.seed
    name = request.strategy or INITIAL_BALANCE
    identity = SearchSettings(
        market=bars.symbol,
        strategy=name,
        code=_code(name, request.ensemble),
        method=method,
        seed=seed,
        trials=plan.trials,
        batch=plan.batch,
        timeout=plan.timeout,
        costs=_costs(settings, strategy),
    )
    every = settings.search.model_dump(mode="json")

    def make(inner: "Problem") -> "Method":
        return make_method(method, inner.space, settings.search, seed, plan.trials)

    return PlannedSearch(problem, plan, identity, every.get(method.replace("-", "_")), make)


def follow_search(context: Context, command: Command, request: RunFields) -> int:
    """Search, or go on with a search, write its files, and answer what is asked about it.

    `request` is that of the command; where the command names a run, whole.

    Raises:
        RunError: the command is about a finished search, and this one is unfinished.
    """
    from params_optimizer.actions.searched import SearchAnswers, check_questions
    from params_optimizer.orchestrator.checkpoint import at_work
    from params_optimizer.orchestrator.plan import risk_money_of
    from params_optimizer.orchestrator.resume import choose

    goes_on, looking = isinstance(command.run, RunRequest), command.only_looks
    planned = planned_search(context, request)
    planned.make(planned.problem)  # refuses a space that it cannot search before anything is made
    check_questions(planned.problem.evaluation, command.questions)
    directory, complete = choose(
        planned.identity.identity(planned.problem, planned.method_settings),
        context.output,
        request.directory,
        lambda: planned.manifest(request, context.settings),
        resume=getattr(request, "resume", None) is not False,
        reuse=bool(command.questions) and not command.again,
    )
    if not (complete or goes_on or looking):
        raise RunError(
            f"{directory.path}: this run is {directory.status()}, not complete; --run-dir "
            f"{directory.path.name} alone goes on with it"
        )
    holding = at_work(directory, context.settings.checkpoint.file)
    # Whoever only looks may do so while another process searches.
    with nullcontext() if looking else holding as work:
        if work:
            keep_run_log(directory)
        checkpoint = work[1] if work and not complete else None
        outcome = _outcome(planned, directory, request, checkpoint)
        if not complete:
            _show_search(outcome, directory.path, asked=bool(command.questions))
        risk_money = risk_money_of(planned.problem.evaluation.strategy, context.settings)
        answers = SearchAnswers(outcome, planned.make, planned.plan, directory, risk_money)
        code = answer_all(answers, command.questions)
    log.info("results: %s", directory.path)
    return code if outcome.best else FIXABLE


def _outcome(
    planned: PlannedSearch,
    directory: "RunDirectory",
    request: RunFields,
    checkpoint: "Checkpoint | None",
) -> "SearchOutcome":
    """What the search found: of the trials that are there, or with those still to ask.

    Without a checkpoint nothing is asked.
    """
    from params_optimizer.orchestrator.search_check import check_answers
    from params_optimizer.orchestrator.search_outcome import SearchOutcome
    from params_optimizer.orchestrator.search_run import finish, found_in
    from params_optimizer.reports.files import write_search_files
    from params_optimizer.reports.forms import count_of

    problem, plan, identity = planned.problem, planned.plan, planned.identity
    search = found_in(directory, plan.trials)
    check_answers(problem, search.trials, directory.path.name)
    if checkpoint:
        log.info(
            "%s: %s by %s, %s, %s",
            identity.market,
            count_of(plan.trials, "trial"),
            identity.method,
            count_of(plan.workers, "worker"),
            directory.path,
        )
        search = _run(directory, problem, planned.make(problem), plan, checkpoint)
    name = request.strategy or INITIAL_BALANCE
    outcome = SearchOutcome(problem, search, name, identity.method, plan.trials, identity.seed)
    if checkpoint:
        write_search_files(outcome, directory.path)
        finish(directory, checkpoint)
    return outcome


def _show_search(outcome: "SearchOutcome", folder: Path, *, asked: bool) -> None:
    from params_optimizer.reports.adaptive_run import AdaptiveRun
    from params_optimizer.reports.ending import print_summary

    if quiet():
        show(str(folder))
        return
    if outcome.method == GRID and outcome.planned < len(outcome.problem.space):
        whole = len(outcome.problem.space)
        log.info("%s of %s parameter sets, spread evenly", f"{outcome.planned:,}", f"{whole:,}")
    print_summary(AdaptiveRun(outcome, folder))
    if not asked and outcome.best:
        log.info(
            "next, with the same command: --walk-forward or --holdout-from DATE (other days), "
            "--robustness (skill or luck), --by-regime volatility, --generate-html, "
            "--generate-excel, --trades best"
        )


def objective_of(settings: Settings, request: RunFields) -> "Objective":
    """What a search makes as great or as small as possible."""
    from params_optimizer.search.objective import Objective

    bounds = settings.search.score_bounds
    objective = Objective.of(
        settings,
        request.metric or "total_r",
        request.min_trades,
        request.direction,
        bounds=bounds.pairs() if bounds else None,
    )
    objective.check_standalone()
    return objective


def problem_of(
    settings: Settings,
    request: RunFields,
    strategy: "Strategy",
    bars: "Bars",
    objective: "Objective",
    days: "NDArray[np.int64] | None" = None,
) -> "Problem":
    """The space of the strategy or of `--space`, evaluated on `days` (None: the dates given)."""
    from dataclasses import replace

    from params_optimizer.orchestrator.evaluator import Evaluation
    from params_optimizer.orchestrator.space_check import check_names, check_values
    from params_optimizer.orchestrator.strategies import zone_of
    from params_optimizer.orchestrator.trials import Problem
    from params_optimizer.search.space import ParameterSpace
    from params_optimizer.strategies.protocol import Canonical

    canonical = strategy.canonical if isinstance(strategy, Canonical) else None
    if request.space:
        space = ParameterSpace.read(request.space, canonical)
        check_names(space, strategy, str(request.space))
        check_values(space, strategy, bars, str(request.space))
    else:
        source = f"space of {strategy.name}"
        space = ParameterSpace.parse(strategy.space(), canonical=canonical, source=source)
    zone = zone_of(settings, bars.symbol)
    if days is None:
        days = _dates(bars, zone, request)
    bayesian = request.method == "bayesian"
    stretches = settings.search.bayesian.stretches if bayesian else 1
    return Problem(
        space,
        Evaluation(strategy, bars, zone, days, request.border or "close", stretches),
        replace(objective, conditions=(*objective.conditions, *space.performance)),
    )


def _dates(bars: "Bars", zone: str, request: RunFields) -> "NDArray[np.int64] | None":
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


def plan_of(settings: Settings, request: RunFields, problem: "Problem") -> "TrialPlan":
    """How many trials, in which batches, by how many workers."""
    from params_optimizer.orchestrator import machine
    from params_optimizer.orchestrator.trials import TrialPlan

    search_settings = settings.search
    trials = search_settings.trials
    evolution = {"genetic": search_settings.genetic, "nsga2": search_settings.nsga2}.get(
        str(request.method)
    )
    if request.trials is None and evolution and evolution.generations:
        trials = evolution.population * evolution.generations
    if request.trials is None and request.method == GRID:
        trials = len(problem.space)
    workers = settings.parallelization.num_workers or machine.cores()
    method = settings.parallelization.start_method
    return TrialPlan(
        trials,
        search_settings.batch,
        max(1, min(workers, search_settings.batch)),
        search_settings.timeout,
        method,
    )


def _code(strategy: str, ensemble: Path | None) -> str:
    """A hash of the code of a strategy, and of that of the rules of an ensemble."""
    from params_optimizer.orchestrator.strategies import read_ensemble
    from params_optimizer.strategies.registry import ENSEMBLE, code_fingerprint

    rules = read_ensemble(ensemble).rules if ensemble and strategy == ENSEMBLE else ()
    rule_strategies = [rule.strategy for rule in rules if ":" in rule.strategy]
    return " ".join(code_fingerprint(name) for name in (strategy, *rule_strategies))


def _costs(settings: Settings, strategy: "Strategy") -> str:
    """What decides trades beside bars and parameters, in one hash."""
    import pickle
    from hashlib import sha256

    parts = [
        getattr(strategy, "spread", None),
        getattr(strategy, "news", None),
        getattr(strategy, "axes", None),
        getattr(strategy, "members", None),
        getattr(strategy, "regimes", None),
        settings.positions.model_dump(),
        settings.backtest.model_dump(),
    ]
    return sha256(pickle.dumps(parts, protocol=4)).hexdigest()[:16]


def _run(
    directory: "RunDirectory",
    problem: "Problem",
    method: "Method",
    plan: "TrialPlan",
    checkpoint: "Checkpoint",
) -> "Search":
    from params_optimizer.orchestrator.progress import TrialProgress
    from params_optimizer.orchestrator.search_run import journal_of
    from params_optimizer.orchestrator.trials import run_search
    from params_optimizer.reports.search_progress import search_progress

    market = problem.evaluation.bars.symbol
    with search_progress(market, plan.trials, problem.objective) as listener:
        journal = journal_of(directory)
        progress = TrialProgress(plan.trials, checkpoint)

        def listen(trials: "Sequence[Trial]") -> None:
            progress(trials)
            listener(trials)

        return run_search(problem, method, plan, journal=journal, listener=listen)
