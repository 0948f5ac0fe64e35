"""The page of a run."""

from params_optimizer.requests.base import Request


class PageRequest(Request):
    """Write the page and its pictures."""
