"""Generated bars and events, in the form of files that a user would export."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

from params_optimizer.data.sample.markets import market_of
from params_optimizer.data.sample.news import calendar_json, draw_events
from params_optimizer.data.sample.prices import CentBars, draw_bars
from params_optimizer.data.sample.sessions import sessions_between

VERSION = 1  # changes with the process: an older sample is then made again
SEED = 2024  # of some tried, one whose prices end near those of today
PREFIX = "GENERATED_"
NEWS = "news"

HEADER = b"time,open,high,low,close,Volume\n"

Files = Iterator[tuple[str, bytes]]
"""Path below the root, content."""


@dataclass(frozen=True, slots=True)
class SampleSpan:
    """What is made: all sessions of the dates, in files of `rows` that share `overlap` rows."""

    first: date = date(2023, 1, 2)
    last: date = date(2025, 12, 31)
    rows: int = 20_000
    overlap: int = 500

    @property
    def recipe(self) -> str:
        """Identifies how the files were made: another recipe makes other files."""
        return f"version {VERSION}, seed {SEED}, {self}"


def bar_files(symbol: str, span: SampleSpan) -> Files:
    """The CSV files of a symbol, oldest first, each beginning with the end of the one before."""
    bars = _draw_bars(symbol, span)
    folder = f"{symbol} 1m {span.first:%d_%m_%Y}-{span.last:%d_%m_%Y}"
    starts = range(0, max(bars.time.size - span.overlap, 1), span.rows - span.overlap)
    for number, start in enumerate(starts):
        copy = f" ({number})" if number else ""
        part = CentBars._make(column[start : start + span.rows] for column in bars)
        yield f"{folder}/{PREFIX}{symbol}, 1{copy}.csv", csv_bytes(part)


def news_files(span: SampleSpan) -> Files:
    """One calendar file per year."""
    events = draw_events(_generator(NEWS), span.first, span.last)
    for year in range(span.first.year, span.last.year + 1):
        text = json.dumps(calendar_json(events, year), indent=2)
        yield f"{NEWS}/forex_factory_{year}.json", text.encode()


def csv_bytes(bars: CentBars) -> bytes:
    """A header and rows `2023-01-02T00:05:00Z,14000.00,...,57`, lines ending in LF."""
    times = (bars.time * 60).astype("datetime64[s]").astype("S19")
    columns = [times.view(np.uint8).reshape(-1, 19), _repeated("Z", times.size)]
    for cents in (bars.open, bars.high, bars.low, bars.close):
        whole, fraction = np.divmod(cents, 100)
        columns += [_repeated(",", times.size), _digits(whole, 1)]
        columns += [_repeated(".", times.size), _digits(fraction, 2)]
    columns += [_repeated(",", times.size), _digits(bars.volume, 1), _repeated("\n", times.size)]
    return HEADER + np.hstack(columns).tobytes().replace(b"\0", b"")


def _draw_bars(symbol: str, span: SampleSpan) -> CentBars:
    market = market_of(symbol)
    sessions = sessions_between(market, span.first, span.last)
    events = draw_events(_generator(NEWS), span.first, span.last)
    return draw_bars(_generator(symbol), market, sessions, events)


def _generator(piece: str) -> Generator:
    """Random numbers of one piece, whatever else is made."""
    return Generator(PCG64(SeedSequence(SEED, spawn_key=tuple(piece.encode()))))


def _repeated(character: str, count: int) -> NDArray[np.uint8]:
    return np.full((count, 1), ord(character), dtype=np.uint8)


def _digits(values: NDArray[np.int64], at_least: int) -> NDArray[np.uint8]:
    """Decimal digits as characters, shape (values, width); leading zeros become NUL."""
    width = max(len(str(int(values.max(initial=0)))), at_least)
    powers = 10 ** np.arange(width - 1, -1, -1)
    leading = values[:, None] // powers
    characters = (leading % 10 + ord("0")).astype(np.uint8)
    characters[:, :-at_least][leading[:, :-at_least] == 0] = 0
    return characters
