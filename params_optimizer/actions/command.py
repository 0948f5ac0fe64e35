"""A run and what is asked about it; the same on generated data."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from params_optimizer.actions.answers import Answers, answer_all
from params_optimizer.actions.common import Context
from params_optimizer.actions.data import prepare
from params_optimizer.actions.finished import finished_run, named_run
from params_optimizer.actions.listing import write_note
from params_optimizer.actions.opened import check_questions
from params_optimizer.actions.plans import plan_of
from params_optimizer.actions.running import present_run, run_plan
from params_optimizer.actions.workflow import go_on, is_workflow
from params_optimizer.console import ANSWER, DONE, FIXABLE
from params_optimizer.errors import RunError
from params_optimizer.requests.base import FieldError
from params_optimizer.requests.command import (
    Command,
    Question,
    refuse_other_objective,
    refuse_unanswerable,
)
from params_optimizer.requests.demo import DemoRequest
from params_optimizer.requests.messages import refused
from params_optimizer.requests.note import NoteRequest
from params_optimizer.requests.page import PageRequest
from params_optimizer.requests.prepare import PrepareRequest
from params_optimizer.requests.run import FinishedRequest, RunFields, RunRequest, is_search
from params_optimizer.requests.workbook import WorkbookRequest
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import RunDirectory

if TYPE_CHECKING:
    from params_optimizer.orchestrator.plan import Plan

log = logging.getLogger(__name__)


def follow(context: Context, command: Command) -> int:
    """Run or go on with a run, or take the one that is there; then answer."""
    from params_optimizer.orchestrator.signals import Interrupted, stop_requests

    try:
        with stop_requests():
            return _followed(context, command)
    except Interrupted as interruption:
        log.log(ANSWER, "%s", interruption)
        return interruption.exit_code


def demo(context: Context, request: DemoRequest) -> int:
    """From nothing to ranked results on the sample, under a root of its own."""
    from params_optimizer.data import ib_precompute
    from params_optimizer.data.loader import optimized_file
    from params_optimizer.data.sample import write_sample

    root, symbol = context.sample_root, str(request.command.run.symbol)
    context = context.on(root)
    write_sample(root, [symbol], force=request.force)
    if not optimized_file(root, symbol).exists():
        prepare(context, PrepareRequest(symbol=symbol, force=request.force))
    code = ib_precompute.main(["--symbol", symbol, "--data-dir", str(root)])
    return code or follow(context, request.command)


def _followed(context: Context, command: Command) -> int:
    request: RunFields = command.run
    if isinstance(request, FinishedRequest):
        if all(isinstance(question, NoteRequest) for question in command.questions):
            return _noted(context, request, command.questions)
        request = _named(context, request, command.questions)
    named = None
    if request.directory and not command.questions and is_workflow(context, request.directory):
        return go_on(context, request)
    if request.directory:
        named, context, request = named_run(context, request)
        _refuse_meaningless(context, command, request)
    if isinstance(command.run, RunRequest) and not command.only_looks:
        return _run(context, command, request)
    directory = named or run_directory.named(context.output, str(request.directory))
    return _present(context, command, request, directory)


def _run(context: Context, command: Command, request: RunFields) -> int:
    """Run, go on with a run, or take the complete one; then answer."""
    plan, questioned = plan_of(context, request), bool(command.questions)
    check_questions(plan, command.questions)
    reuse = questioned and not command.again
    directory, code = run_plan(context, request, plan, reuse=reuse, questioned=questioned)
    return _answered(context, command, request, plan, directory) if questioned else code


def _present(
    context: Context, command: Command, request: RunFields, directory: RunDirectory
) -> int:
    """Answer from the run that is there."""
    if not is_search(request):
        return _answered(context, command, request, None, directory)
    plan = plan_of(context, request)
    check_questions(plan, command.questions)
    present_run(context, request, plan, unfinished=command.only_looks)
    return _answered(context, command, request, plan, directory)


def _answered(
    context: Context,
    command: Command,
    request: RunFields,
    plan: "Plan | None",
    directory: RunDirectory,
) -> int:
    """Answer the questions; a grid of the Initial Balance is opened as its manifest says."""
    from params_optimizer.orchestrator.study import reopen

    if plan is None or not is_search(request):
        plan = reopen(directory, context.data_dir)
    answers = Answers(context, plan, directory, looking=command.only_looks)
    code = answer_all(answers, command.questions)
    return code if answers.ranked else FIXABLE


def _named(
    context: Context, request: FinishedRequest, questions: Sequence[Question]
) -> FinishedRequest:
    """The request with the name of its run; workbook and page show what is there so far."""
    if request.directory:
        return request
    unfinished = any(isinstance(question, WorkbookRequest | PageRequest) for question in questions)
    directory = finished_run(context, request, unfinished=unfinished)
    return request.model_copy(update={"directory": directory.path.name})


def _refuse_meaningless(context: Context, command: Command, request: RunFields) -> None:
    """Refuse questions that the named run cannot answer, and other objectives than its own."""
    try:
        refuse_unanswerable(request, command.questions)
        if is_search(request):
            refuse_other_objective(request, command.questions)
    except FieldError as error:
        raise RunError(refused(error, context.option)) from error


def _noted(context: Context, request: FinishedRequest, questions: Sequence[Question]) -> int:
    """A note on a run of any kind, finished or not."""
    if request.directory:
        directory = run_directory.named(context.output, request.directory)
    else:
        directory = finished_run(context, request, unfinished=True)
    with directory.locked():
        for question in questions:
            if isinstance(question, NoteRequest):
                write_note(directory, question)
    return DONE
