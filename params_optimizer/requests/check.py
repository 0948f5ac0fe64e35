"""Whether a run directory can be trusted."""

from params_optimizer.requests.run import RunFields
from params_optimizer.requests.types import Text


class CheckRequest(RunFields):
    """Check the run directory; what else is given has to be as in its run."""

    directory: Text
