"""Whether a run directory can be trusted."""

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from params_optimizer.actions.common import Context, show
from params_optimizer.actions.finished import named_run
from params_optimizer.console import DONE, FIXABLE
from params_optimizer.errors import DamagedFileError, RunError
from params_optimizer.requests.check import CheckRequest
from params_optimizer.requests.fields import INITIAL_BALANCE
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import RunDirectory

if TYPE_CHECKING:
    from params_optimizer.orchestrator.plan import StrategyPlan
    from params_optimizer.requests.run import RunFields


def check(context: Context, request: CheckRequest) -> int:
    """Check files, rows and a sample of them."""
    from params_optimizer.orchestrator.check import check
    from params_optimizer.orchestrator.manifest import is_search
    from params_optimizer.orchestrator.run import reopen

    directory = run_directory.named(context.output, request.directory, "--check")
    seed = time.time_ns() % 2**32
    with suppress(DamagedFileError):  # which is a problem that the verdict names
        if is_search(directory.manifest()):
            return _check_search(context, request, directory, seed)
        if directory.manifest().get("strategy") != INITIAL_BALANCE:
            verdict = check(directory, lambda: _plan(context, request), seed)
            show(verdict.text())
            return DONE if verdict.trusted else FIXABLE
        named_run(context, request)
    verdict = check(directory, lambda: reopen(directory, context.data_dir), seed)
    show(verdict.text())
    return DONE if verdict.trusted else FIXABLE


def _plan(context: Context, request: CheckRequest) -> "StrategyPlan | None":
    """What the run evaluated; None where its strategy is not named by what may be run."""
    from params_optimizer.actions.grids import grid_plan
    from params_optimizer.actions.search import planned_search

    whole: RunFields = request
    with suppress(RunError):  # the verdict says what is missing, or in what they differ
        _, context, whole = named_run(context, request)
    if not whole.method:
        return None
    return grid_plan(context, whole, planned_search(context, whole))


def _check_search(
    context: Context, request: CheckRequest, directory: RunDirectory, seed: int
) -> int:
    """Its trials are evaluated again where its strategy is named, by the run or the request."""
    from params_optimizer.actions.search import planned_search
    from params_optimizer.orchestrator.search_check import check_search

    whole: RunFields = request
    with suppress(RunError):  # the verdict says what is missing, or in what they differ
        _, context, whole = named_run(context, request)
    planned = planned_search(context, whole) if whole.method else None
    problem = planned.problem if planned else None
    verdict = check_search(directory, problem, planned.fingerprint if planned else None, seed)
    show(verdict.text())
    return DONE if verdict.trusted else FIXABLE
