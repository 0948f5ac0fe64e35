"""A news calendar to fill in."""

from pathlib import Path
from typing import ClassVar

from params_optimizer.requests.base import Request


class NewsTemplateRequest(Request):
    """Write an example calendar to `path`."""

    places: ClassVar[frozenset[str]] = frozenset()
    path: Path
