"""A note on a run."""

from typing import Annotated

from pydantic import AfterValidator

from params_optimizer.requests.base import Request


def _one_line(text: str) -> str:
    if len(text) > 500 or not text.isprintable():
        raise ValueError("must be one line of at most 500 characters")
    return text


class NoteRequest(Request):
    """Write a note into the manifest of a run; an empty one deletes it."""

    text: Annotated[str, AfterValidator(_one_line)]
