"""Two runs side by side."""

from params_optimizer.requests.base import Request
from params_optimizer.requests.types import Text


class CompareRequest(Request):
    """A page with two run directories."""

    directories: tuple[Text, Text]
