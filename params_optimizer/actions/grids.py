"""Exhaustive runs of any strategy: every parameter set of its space, or of one of the user's."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from params_optimizer.actions.answers import answer_all
from params_optimizer.actions.common import Context, dates_of
from params_optimizer.actions.search import PlannedSearch, follow_search, planned_search
from params_optimizer.console import FIXABLE
from params_optimizer.errors import RunError
from params_optimizer.requests.command import Command, Question
from params_optimizer.requests.run import RunFields, RunRequest
from params_optimizer.requests.trades import TradesRequest
from params_optimizer.storage import run_directory

if TYPE_CHECKING:
    from params_optimizer.actions.searched import Slices
    from params_optimizer.orchestrator.plan import StrategyPlan
    from params_optimizer.orchestrator.search_outcome import SearchOutcome
    from params_optimizer.storage.run_directory import RunDirectory


def grid_plan(context: Context, request: RunFields, planned: PlannedSearch) -> "StrategyPlan":
    """What an exhaustive run of a strategy evaluates."""
    from params_optimizer.orchestrator.plan import StrategyPlan
    from params_optimizer.search.objective import Objective
    from params_optimizer.strategies.batch import DaySample

    evaluation, settings = planned.problem.evaluation, context.settings
    objective = Objective.of(settings, request.metric, request.min_trades, request.direction)
    space = planned.problem.space
    space.check_listable()
    return StrategyPlan(
        symbol=evaluation.bars.symbol,
        settings=settings,
        bars=evaluation.bars,
        dates=dates_of(request),
        fingerprint=_fingerprint(context, planned),
        name=planned.identity.strategy,
        rule=evaluation.strategy,
        grid=space,
        days=DaySample(evaluation.zone, evaluation.days, evaluation.border),
        goal=objective,
    )


def follow_grid(context: Context, command: Command, request: RunFields) -> int:
    """Run, go on with a run, or take the one that is there; then answer.

    Raises:
        RunError: the command is about a run that is not there or not complete.
    """
    from params_optimizer.actions.running import run_plan
    from params_optimizer.actions.searched import SearchAnswers, check_questions
    from params_optimizer.validation.selection_bias import pbo_of_plan

    planned = planned_search(context, request)
    # Constraints on performance are judged trial by trial, and so were all grids before.
    if planned.problem.space.performance or _is_journaled(context, request):
        return follow_search(context, command, request)
    check_questions(planned.problem.evaluation, command.questions)
    plan = grid_plan(context, request, planned)
    _refuse_without_rows(plan, command.questions)
    if isinstance(command.run, RunRequest):
        reuse = bool(command.questions) and not command.again
        directory = run_plan(context, command.run, plan, reuse=reuse)
    else:
        directory = _present(context, request, plan, unfinished=command.only_looks)
    if not command.questions:
        return 0
    outcome = _outcome(plan, planned, directory, unfinished=command.only_looks)
    answers = SearchAnswers(
        outcome, planned.make, planned.plan, directory, plan.risk_money, _slices(context, plan)
    )
    answers.full_pbo = lambda: pbo_of_plan(plan, _workers(context, plan))
    code = answer_all(answers, command.questions)
    return code if outcome.best else FIXABLE


def _slices(context: Context, plan: "StrategyPlan") -> "Slices | None":
    """What chooses on other days by evaluating all slices there.

    Sets that are asked one by one are searched anew, with journals that a stop does not lose.
    """
    if plan.set_by_set:
        return None
    from params_optimizer.orchestrator.exhaustive import worker_count
    from params_optimizer.validation.slices import SliceCandidates

    workers = worker_count(plan, context.settings.parallelization.num_workers)
    return lambda objective: SliceCandidates(plan, objective, workers)


def _workers(context: Context, plan: "StrategyPlan") -> int:
    from params_optimizer.orchestrator.exhaustive import worker_count

    return worker_count(plan, context.settings.parallelization.num_workers)


def _refuse_without_rows(plan: "StrategyPlan", questions: Sequence[Question]) -> None:
    """The best rows alone say nothing about luck, regions or other days.

    Raises:
        RunError: a question needs every row.
    """
    if plan.most is not None and not all(isinstance(q, TradesRequest) for q in questions):
        raise RunError(
            f"{plan.symbol}: a run with --keep {plan.settings.keep} of strategy "
            f"{plan.strategy_name} can only be asked for --trades; evaluate it with --keep all"
        )


def _is_journaled(context: Context, request: RunFields) -> bool:
    """Whether the named run keeps a journal of trials in place of parts."""
    from params_optimizer.orchestrator.manifest import is_search

    if request.directory is None:
        return False
    return is_search(run_directory.named(context.output, request.directory).manifest())


def _present(
    context: Context, request: RunFields, plan: "StrategyPlan", *, unfinished: bool
) -> "RunDirectory":
    from params_optimizer.orchestrator import resume
    from params_optimizer.orchestrator.run import identity_of

    choice = resume.find(
        identity_of(plan), context.output, request.directory, resume=True, reuse=True
    )
    if choice is None or not (choice.complete or unfinished):
        raise RunError(
            f"{context.output}: holds no complete run of this kind; add --run to start one"
        )
    return choice.directory


def _outcome(
    plan: "StrategyPlan", planned: PlannedSearch, directory: "RunDirectory", *, unfinished: bool
) -> "SearchOutcome":
    from params_optimizer.orchestrator.grid_trials import search_of
    from params_optimizer.orchestrator.run import outcome_of, outcome_so_far
    from params_optimizer.orchestrator.search_check import check_answers
    from params_optimizer.orchestrator.search_outcome import SearchOutcome

    open_outcome = outcome_so_far if unfinished else outcome_of
    search = search_of(open_outcome(directory, plan), planned.problem)
    check_answers(planned.problem, search.trials, directory.path.name)
    name, seed = planned.identity.strategy, planned.identity.seed
    return SearchOutcome(planned.problem, search, name, "grid", plan.space.count, seed)


def _fingerprint(context: Context, planned: PlannedSearch) -> dict[str, str]:
    """Fields that decide a row; with `--keep top:N`, which rows there are."""
    import pyarrow as pa

    from params_optimizer.orchestrator.plan import risk_money_of

    settings, search = context.settings, planned.fingerprint
    row_choice = "all"
    if settings.keep != row_choice:
        weights = settings.ranking_weights.model_dump()
        row_choice = json.dumps([settings.keep, weights, settings.min_trades, search["objective"]])
    names = ("symbol", "bars", "strategy", "days", "costs", "engine", "timeout")
    risk_money = risk_money_of(planned.problem.evaluation.strategy, settings)
    return {
        **{name: search[name] for name in names},
        "method": "grid",
        "space": planned.problem.space.fingerprint,
        "money": repr(risk_money),
        "kept": row_choice,
        "pyarrow": pa.__version__,
    }
