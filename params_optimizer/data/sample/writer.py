"""Write the sample in an order that is safe against a crash at any moment.

The mark comes first, so that half a sample is never taken for a market; a piece enters
the manifest last, so that half a piece is never taken for a whole one.
"""

import logging
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from params_optimizer.data.marker import mark_generated
from params_optimizer.data.sample import manifest
from params_optimizer.data.sample.export import (
    NEWS,
    SEED,
    VERSION,
    Files,
    SampleSpan,
    bar_files,
    news_files,
)
from params_optimizer.data.sample.markets import market_of
from params_optimizer.storage import files

_MARKER_TEXT = f"""GENERATED DATA - NOT FROM ANY MARKET

Everything in this folder was made by a random process (params_optimizer sample data,
version {VERSION}, seed {SEED}), or was made from what that process made.

It says nothing about any market. Within each trading session the price is a martingale,
so no strategy has an edge in it: a profit that a search finds here is luck, or comes from
fills that are more favourable than those of a market. It is for trying the program out.

Keep real market data in another folder. This whole folder can be deleted at any time.
"""

log = logging.getLogger(__name__)


def write_sample(
    root: Path,
    symbols: Sequence[str] = ("GER40", "XAUUSD"),
    *,
    force: bool = False,
    span: SampleSpan | None = None,
) -> list[Path]:
    """Write generated one-minute bars and a calendar below `root`, by default three years.

    Makes `{root}/{SYMBOL} 1m {DD_MM_YYYY}-{DD_MM_YYYY}/*.csv`, `{root}/news/*.json`, the
    mark `GENERATED.txt` and the manifest `sample.json`. The bytes of a symbol depend on
    nothing but its name and `span`. What is there and whole is left alone unless `force`.
    Returns the CSV and JSON files, new or already present.

    Raises:
        SettingsError: a symbol that has no sample.
        DataError: `root` contains files that the sample did not make.
        StorageError: `root` cannot be read or written.
    """
    for symbol in symbols:
        market_of(symbol)
    dates = span or SampleSpan()
    pieces = {NEWS: news_files(dates)} | {symbol: bar_files(symbol, dates) for symbol in symbols}
    with files.explained(root):
        manifest.refuse_foreign(root)
    mark_generated(root, _MARKER_TEXT)
    paths: list[Path] = []
    for piece, content in pieces.items():
        digests = {} if force else manifest.whole_piece(root, piece, dates.recipe)
        if digests:
            log.info("%s: %d generated files are there already", piece, len(digests))
        else:
            log.info("%s: generating", piece)
            digests = _write_piece(root, piece, dates.recipe, content)
            log.info("%s: %d files generated", piece, len(digests))
        paths += [root / name for name in digests]
    return paths


def _write_piece(root: Path, piece: str, recipe: str, content: Files) -> manifest.Digests:
    digests: manifest.Digests = {}
    for name, data in content:
        files.make_folder((root / name).parent)
        files.write_bytes(root / name, data)
        digests[name] = sha256(data).hexdigest()
    manifest.remove_stale(root, piece, digests)
    manifest.record_piece(root, piece, recipe, digests)
    return digests
