"""The best of a run against the reference engine."""

from params_optimizer.requests.base import Request
from params_optimizer.requests.types import Count


class ValidateRequest(Request):
    """Compare the `count` best with the reference engine."""

    count: Count
