"""The trades of one parameter set."""

from typing import Literal

from params_optimizer.requests.base import Request
from params_optimizer.requests.types import Natural


class TradesRequest(Request):
    """The trades of the best, or of the combination or trial with this number."""

    number: Natural | Literal["best"]
