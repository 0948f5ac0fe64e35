"""Garbage in: whatever a file holds, its reader answers with sound content or a message."""

import random
import time
from datetime import timedelta
from itertools import count
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings

from params_optimizer.errors import OptimizerError
from tests.fuzz.mutations import garbage
from tests.fuzz.readers import READERS, Reader

EXAMPLES = 25
SLOW_SECONDS = 600
SOAK_SECONDS = 3600
_LONGEST_MESSAGE = 20_000
_HANGS = timedelta(seconds=30)


def attempt(reader: Reader, path: Path, content: bytes) -> None:
    """Read the content; only an error with a message for the user may come out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)  # where it stays if the process dies
    message = "none"
    try:
        reader.read(path)
    except OptimizerError as error:
        message = str(error)
    assert 0 < len(message) < _LONGEST_MESSAGE, message[:1000]


def feed(reader: Reader, folder: Path, examples: int, seed: int | None = None) -> None:
    """Feed the reader with `examples` inputs; without a seed always the same ones."""

    @settings(
        max_examples=examples,
        derandomize=seed is None,
        deadline=_HANGS,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(content=garbage(reader.samples(), reader.changes))
    def fed(content: bytes) -> None:
        attempt(reader, folder / reader.file, content)

    (fed if seed is None else hypothesis.seed(seed)(fed))()


def feed_for(reader: Reader, folder: Path, seconds: float, record_property) -> None:
    """Feed the reader for a while, with other inputs each time."""
    first, end = random.randrange(2**32), time.monotonic() + seconds
    for batch in count():
        feed(reader, folder, 200, first + batch)
        if time.monotonic() > end:
            record_property("inputs tried", 200 * (batch + 1))
            return


@pytest.mark.parametrize("reader", READERS, ids=str)
def test_sound_files_are_read(reader, tmp_path):
    for content in reader.samples()[:1]:
        path = tmp_path / reader.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        reader.read(path)


@pytest.mark.parametrize("reader", READERS, ids=str)
def test_garbage_gives_a_message_or_sound_content(reader, tmp_path):
    feed(reader, tmp_path, EXAMPLES)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS, ids=str)
def test_much_garbage_gives_a_message_or_sound_content(reader, tmp_path, record_property):
    feed_for(reader, tmp_path, SLOW_SECONDS / len(READERS), record_property)


@pytest.mark.soak
@pytest.mark.parametrize("reader", READERS, ids=str)
def test_an_hour_of_garbage_gives_a_message_or_sound_content(reader, tmp_path, record_property):
    feed_for(reader, tmp_path, SOAK_SECONDS / len(READERS), record_property)
