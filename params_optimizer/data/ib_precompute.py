"""`python -m params_optimizer.data.ib_precompute`: make the IB cache of a symbol."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from params_optimizer import console
from params_optimizer.environment import prepare_process
from params_optimizer.errors import MissingDataError

if TYPE_CHECKING:
    from params_optimizer.config import IBWindow, Settings
    from params_optimizer.data.bars import Bars


def main(argv: Sequence[str] | None = None) -> int:
    """Make the cache, or report that it is fresh; returns the exit code."""
    arguments = _parser().parse_args(argv)
    return console.run(lambda: _run(arguments))


def windows_of(settings: "Settings", symbol: str) -> list["IBWindow"]:
    """The IB windows of the symbol, then those that the named grids list, each once.

    Raises:
        SettingsError: unknown symbol.
    """
    listed = [settings.symbol(symbol).ib_windows]
    grids = (settings.grids.standard, settings.grids.expanded, settings.grids.own)
    listed += [grid.ib_windows or () for grid in grids if grid]
    return list(dict.fromkeys(window for windows in listed for window in windows))


def _parser() -> argparse.ArgumentParser:
    parser = console.Parser(
        prog="python -m params_optimizer.data.ib_precompute",
        description="Compute the Initial Balance levels of a symbol's prepared bars and keep them "
        "in DATA/optimized/SYMBOL_ib_cache.pkl. A cache that fits the bars is left as it is.",
        epilog="Exit codes: 0 done, 1 something you can fix, 2 wrong arguments, 3 a bug.",
    )
    parser.add_argument("--symbol", required=True, help="market, for example GER40")
    parser.add_argument(
        "--force", action="store_true", help="make it again, whatever the present file holds"
    )
    parser.add_argument(
        "--data-dir", metavar="DIR", help="root of raw and optimized data (default: data)"
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings (default: optimizer_config.json)"
    )
    return parser


def _run(arguments: argparse.Namespace) -> int:
    prepare_process()
    from params_optimizer.config import load_settings
    from params_optimizer.data.ib_cache import cache_file, write_ib_cache
    from params_optimizer.data.loader import load_bars

    overrides = {} if arguments.data_dir is None else {"paths.data_dir": arguments.data_dir}
    settings = load_settings(arguments.config, overrides)
    windows = windows_of(settings, arguments.symbol)
    data_dir = Path(settings.paths.data_dir)
    bars = load_bars(data_dir, arguments.symbol)
    path = cache_file(data_dir, arguments.symbol)
    present = [] if arguments.force else _present_windows(path, bars)
    if set(windows) <= set(present):
        sys.stdout.write(f"{path} is fresh: {len(present)} IB windows of these bars\n")
        return console.DONE
    windows = list(dict.fromkeys([*present, *windows]))
    write_ib_cache(path, bars, windows)
    sys.stdout.write(f"{path} written: {len(windows)} IB windows of {bars.count:,} bars\n")
    return console.DONE


def _present_windows(path: Path, bars: "Bars") -> list["IBWindow"]:
    from params_optimizer.data.ib_cache import read_ib_cache

    try:
        return list(read_ib_cache(path, bars))
    except MissingDataError:
        return []


if __name__ == "__main__":
    sys.exit(main())
