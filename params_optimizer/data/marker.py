"""The mark of generated data, which is never mixed with that of a market.

A folder that contains `GENERATED.txt` is generated, and so is everything below it.
"""

from pathlib import Path

from params_optimizer.errors import DataError
from params_optimizer.storage import files

MARKER = "GENERATED.txt"
_MARKET_DATA = ("* 1m *", "optimized", "news")


def is_generated(root: Path) -> bool:
    """Whether `root`, a folder or file, was made by a random process: it or a parent is marked."""
    places = (root.absolute(), root.resolve())  # a link to generated data is generated, too
    return any(
        (folder / MARKER).is_file() for place in places for folder in (place, *place.parents)
    )


def mark_generated(root: Path, text: str) -> None:
    """Mark the folder `root` (made if missing) as generated; `text` tells people what it is.

    Raises:
        StorageError: the folder cannot be made or written.
    """
    files.make_folder(root)
    files.write_text(root / MARKER, text)


def check_not_mixed(root: Path, *, generated: bool) -> None:
    """Refuse to put data into the data folder `root` if that would mix generated with real.

    `generated` describes the new data. Generated data goes only into a marked
    folder, real data only into one without a mark.

    Raises:
        DataError: names the folder and where the data may go instead.
    """
    if generated == is_generated(root):
        return
    if not generated:
        raise DataError(
            f"{root}: this folder is marked as generated ({MARKER}), and data of a real market "
            f"is never mixed with generated data; choose another folder with --data-dir"
        )
    contents = [str(path.name) for pattern in _MARKET_DATA for path in sorted(root.glob(pattern))]
    raise DataError(
        f"{root}: generated data goes only into a folder marked with {MARKER}, and this one is "
        f"not{f' (it contains {contents[0]!r})' if contents else ''}; use the folder that the "
        f"sample was written to: --data-dir data/sample"
    )
