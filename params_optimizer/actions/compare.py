"""A page with two runs side by side."""

from params_optimizer.actions.common import Context
from params_optimizer.console import DONE, say
from params_optimizer.requests.compare import CompareRequest
from params_optimizer.storage import run_directory


def compare(context: Context, request: CompareRequest) -> int:
    """Two runs of the output folder as one page."""
    from params_optimizer.reports.compare import write_comparison

    output = context.output
    runs = [run_directory.named(output, name, "--compare") for name in request.directories]
    say(f"wrote {write_comparison(runs, context.data_dir, output, say)}")
    return DONE
