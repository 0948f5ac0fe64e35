"""A page with two runs side by side."""

import logging

from params_optimizer.actions.common import Context
from params_optimizer.console import DONE
from params_optimizer.requests.compare import CompareRequest
from params_optimizer.storage import run_directory

log = logging.getLogger(__name__)


def compare(context: Context, request: CompareRequest) -> int:
    """Two runs of the output folder as one page."""
    from params_optimizer.reports.compare import write_comparison

    output = context.output
    runs = [run_directory.named(output, name, "--compare") for name in request.directories]
    log.info("wrote %s", write_comparison(runs, context.data_dir, output))
    return DONE
