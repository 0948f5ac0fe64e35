"""Whether a run directory can be trusted."""

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from params_optimizer.actions.common import Context, show
from params_optimizer.actions.finished import named_run
from params_optimizer.actions.plans import plan_of
from params_optimizer.console import DONE, FIXABLE
from params_optimizer.errors import DamagedFileError, RunError
from params_optimizer.requests.check import CheckRequest
from params_optimizer.requests.fields import INITIAL_BALANCE
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import RunDirectory

if TYPE_CHECKING:
    from params_optimizer.orchestrator.plan import Plan
    from params_optimizer.requests.run import RunFields


def check(context: Context, request: CheckRequest) -> int:
    """Check files, rows and a sample of them."""
    from params_optimizer.orchestrator.check import check

    directory = run_directory.named(context.output, request.directory, "--check")
    with suppress(DamagedFileError):  # which is a problem that the verdict names
        if _is_initial_balance(directory):
            named_run(context, request)  # refuses options of another run
    seed = time.time_ns() % 2**32
    verdict = check(directory, lambda: _plan(context, request, directory), seed)
    show(verdict.text())
    return DONE if verdict.trusted else FIXABLE


def _plan(context: Context, request: CheckRequest, directory: RunDirectory) -> "Plan | None":
    """What the run evaluated; None where its strategy is not named by what may be run."""
    from params_optimizer.orchestrator.study import reopen

    if _is_initial_balance(directory):
        return reopen(directory, context.data_dir)
    whole: RunFields = request
    with suppress(RunError):  # the verdict says what is missing, or in what they differ
        _, context, whole = named_run(context, request)
    return plan_of(context, whole) if whole.method else None


def _is_initial_balance(directory: RunDirectory) -> bool:
    """Whether it is a run of the grid of that strategy, whose manifest says all there is."""
    from params_optimizer.orchestrator.manifest import is_search

    manifest = directory.manifest()
    return manifest.get("strategy") == INITIAL_BALANCE and not is_search(manifest)
