"""How likely the best of a run is luck."""

from typing import Literal

from params_optimizer.requests.fields import WorkerFields
from params_optimizer.requests.types import Count


class RobustnessRequest(WorkerFields):
    """Examine the first of the ranking; `pbo` full takes all rows for the overfitting."""

    robustness_top: Count = 10
    pbo: Literal["sample", "full"] = "sample"
