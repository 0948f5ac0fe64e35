"""The runs of the output folder, and notes on them."""

import logging

from params_optimizer.actions.common import Context, show
from params_optimizer.console import DONE
from params_optimizer.requests.listing import ListRequest
from params_optimizer.requests.note import NoteRequest
from params_optimizer.storage.run_directory import SAMPLE, RunDirectory

log = logging.getLogger(__name__)


def list_runs(context: Context, request: ListRequest) -> int:
    """Every run and workflow with status, size, best and note."""
    from params_optimizer.orchestrator.listing import listed_runs
    from params_optimizer.reports.listing import listing_text

    checkpoint, symbol = context.settings.checkpoint.file, request.symbol
    folders = (context.output, context.output / SAMPLE)
    if runs := [run for folder in folders for run in listed_runs(folder, checkpoint, symbol)]:
        show(listing_text(runs))
    else:
        of_market = f" of {request.symbol}" if request.symbol else ""
        log.info("%s: holds no run%s", context.output, of_market)
    return DONE


def write_note(directory: RunDirectory, question: NoteRequest) -> None:
    """Keep a note in the manifest of a run whose lock is held."""
    manifest = {name: value for name, value in directory.manifest().items() if name != "note"}
    directory.write_manifest(manifest | ({"note": question.text} if question.text else {}))
    log.info("%s: %s", directory.path.name, question.text or "the note is deleted")
