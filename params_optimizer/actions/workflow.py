"""Start a workflow, or go on with it."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from params_optimizer.actions.common import Context, keep_run_log, show, this_command
from params_optimizer.actions.strategies import source_of
from params_optimizer.config import Settings, parse_model
from params_optimizer.console import ANSWER, DONE
from params_optimizer.errors import DamagedFileError, RunError
from params_optimizer.requests.run import RunFields
from params_optimizer.requests.stored import REQUEST, given_fields, same
from params_optimizer.requests.workflow import WorkflowRequest
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import MANIFEST, Manifest, RunDirectory

if TYPE_CHECKING:
    from params_optimizer.workflows.market import MarketDays
    from params_optimizer.workflows.plan import Workflow

log = logging.getLogger(__name__)

_WORKER_BYTES = 200 << 20


def workflow(context: Context, request: WorkflowRequest) -> int:
    """Follow the file to its end or to its next pause; the exit code."""
    from params_optimizer.orchestrator.signals import Interrupted
    from params_optimizer.workflows.plan import read_workflow

    content = read_workflow(request.path)
    for note in content.notes:
        log.info("note: %s", note)
    try:
        return _followed(content, context, request)
    except Interrupted as interruption:
        log.log(ANSWER, "%s", interruption)
        return interruption.exit_code


def is_workflow(context: Context, name: str) -> bool:
    """Whether the run directory `name` is that of a workflow."""
    manifest = run_directory.named(context.output, name).manifest()
    return manifest.get("kind") == "workflow"


def go_on(context: Context, request: RunFields) -> int:
    """Go on with the workflow that a request names, as its manifest says; the exit code.

    Raises:
        RunError: its file names code, which the manifest alone does not have run; the request
            gives what the workflow has from its file; or the run is of an earlier version.
        DamagedFileError: the manifest cannot be read.
    """
    directory = run_directory.named(context.output, str(request.directory))
    manifest = directory.manifest()
    if REQUEST not in manifest:
        raise RunError(
            f"{directory.path}: does not say what it was started with; repeat the command that "
            f"started the workflow, with --run-dir {directory.path.name}"
        )
    content = _restored(directory, manifest)
    for field in given_fields(request):
        if not same(getattr(request, field), getattr(content, field, None)):
            raise RunError(
                f"{context.option(field)}: {directory.path.name} is a workflow, made with other "
                f"settings; leave {context.option(field)} out"
            )
    _refuse_code(content.path, directory, manifest)
    settings = parse_model(Settings, manifest["settings"], str(directory.path / MANIFEST))
    machine = {name: getattr(context.settings, name) for name in ("parallelization", "paths")}
    return workflow(context.under(settings.model_copy(update=machine)), content)


def _restored(directory: RunDirectory, manifest: Manifest) -> WorkflowRequest:
    content = {**manifest[REQUEST], "directory": directory.path.name}
    try:
        return WorkflowRequest.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise DamagedFileError(f"{directory.path / MANIFEST}: cannot be read: {error}") from error


def _refuse_code(path: Path, directory: RunDirectory, manifest: Manifest) -> None:
    """Import nothing because a file that only another file names says so."""
    from params_optimizer.workflows.plan import code_in
    from params_optimizer.workflows.reading import read_document

    if code := code_in(read_document(path)):
        raise RunError(
            f"{directory.path}: its file {path.name} names {code[0]}, code of yours, which is "
            f"never run because a file names it; repeat the command that started the workflow: "
            f"{manifest.get('command', '')}"
        )


def _facts(request: WorkflowRequest, settings: Settings) -> dict[str, object]:
    """What going on by the name of the directory alone needs."""
    paths = {"path": request.path.resolve(), "file": request.file and request.file.resolve()}
    content = request.model_copy(update=paths).model_dump(
        mode="json", exclude_defaults=True, exclude={"directory", "resume", "workers"}
    )
    return {
        "settings": settings.model_dump(mode="json"),
        REQUEST: content,
        "command": this_command(),
    }


def _followed(workflow: "Workflow", context: Context, request: WorkflowRequest) -> int:
    from params_optimizer.orchestrator.checkpoint import at_work, complete
    from params_optimizer.orchestrator.manifest import manifest_of
    from params_optimizer.orchestrator.resume import choose
    from params_optimizer.reports.search_progress import workflow_progress
    from params_optimizer.reports.workflow import workflow_text, write_report
    from params_optimizer.workflows.directory import KIND, identity_of
    from params_optimizer.workflows.follow import follow, split

    market = _market(workflow, context.settings, request)
    split(market, workflow.oos_days)  # refuses impossible days before anything is made
    timeout = context.settings.search.timeout
    identity = identity_of(workflow, market, timeout)
    directory, _ = choose(
        identity,
        context.output,
        request.directory,
        lambda: manifest_of(
            KIND,
            identity.fingerprint,
            {
                "generated_data": market.bars.generated,
                **_facts(request, context.settings),
            },
        ),
        resume=request.resume is not False,
    )
    workers = _workers(workflow, context.settings)
    log.info(
        "%s: %d stages, %d workers, %s",
        workflow.path.name,
        len(workflow.stages),
        workers,
        directory.path,
    )
    with at_work(directory, context.settings.checkpoint.file) as (_, checkpoint):
        keep_run_log(directory)
        key = str(directory.manifest()["run"])

        stages = [stage.name for stage in workflow.stages]
        with workflow_progress(workflow.path.name, stages, workers) as show_activity:

            def listen(finished: int, activity: Mapping[str, object]) -> None:
                show_activity(activity)
                if checkpoint.due:
                    checkpoint.write(finished, len(stages), 0.0, activity)

            result = follow(workflow, market, directory.path, key, workers, listen, timeout)
        path = write_report(result)
        if result.paused is None:
            complete(directory, checkpoint, {})
        else:
            pause = {"paused_after": result.paused}
            checkpoint.write(len(result.results), len(stages), 0.0, pause, status="stopped")
    show(workflow_text(result))
    log.info("results: %s", path.parent)
    if result.paused is not None:
        log.info(
            "paused after %s, as the workflow says: look at the files, then start the same "
            "command again, or --run-dir %s alone, to go on",
            result.paused,
            directory.path.name,
        )
    return DONE


def _market(workflow: "Workflow", settings: Settings, request: WorkflowRequest) -> "MarketDays":
    from params_optimizer.orchestrator.strategies import account_of, load_source, zone_of
    from params_optimizer.workflows.market import MarketDays

    bars = load_source(source_of(request, workflow.data.timeframe_minutes), settings)
    account = account_of(
        settings, bars.symbol, workflow.data.commission, workflow.data.initial_capital
    )
    return MarketDays.of(bars, zone_of(settings, bars.symbol), account)


def _workers(workflow: "Workflow", settings: Settings) -> int:
    from params_optimizer.orchestrator import machine

    containers, requested = workflow.containers, settings.parallelization.num_workers
    cores = machine.cores()
    memory = ((containers.resource_limits.memory_mb or 0) << 20) + _WORKER_BYTES
    limits = {"cores": cores, "free memory": machine.free_memory() // memory}
    if containers.pool_size:
        limits["pool_size"] = containers.pool_size
    return machine.limited(requested, containers.pool_size or cores, limits)
