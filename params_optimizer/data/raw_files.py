"""Which files of a folder contain raw bars, and in which order they are read."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from params_optimizer.config import check_symbol_name
from params_optimizer.data.importers.archives import COMPRESSED_SUFFIXES, TABLE_SUFFIXES
from params_optimizer.data.loader import optimized_file
from params_optimizer.data.marker import MARKER
from params_optimizer.errors import MissingDataError, StorageError

_SUFFIXES = (*TABLE_SUFFIXES, *COMPRESSED_SUFFIXES)
_HIDDEN = (".", "~")
_SHOWN = 3


def raw_files(data_dir: Path, symbol: str) -> list[Path]:
    """Raw files of `symbol`: those in the folders `{data_dir}/{symbol} 1m ...`, in natural order.

    Empty where there is none.

    Raises:
        StorageError: a folder cannot be read.
    """
    folders = raw_folders(data_dir, symbol)
    return in_natural_order(file for folder in folders for file in files_of(folder))


def newer_raw_files(data_dir: Path, symbol: str) -> list[Path]:
    """Raw files changed after the prepared bars were written; all of them if there are none.

    Raises:
        StorageError: a folder cannot be read.
    """
    written = _modified(optimized_file(data_dir, symbol))
    return [path for path in raw_files(data_dir, symbol) if _modified(path) > written]


def chosen_files(paths: Sequence[Path]) -> list[Path]:
    """The files that `paths` name, each once; a folder stands for the raw files in it.

    Raises:
        MissingDataError: a path does not exist, or a folder contains no raw file.
        StorageError: a folder cannot be read.
    """
    files: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise MissingDataError(f"{path}: there is no such file or folder")
        for file in files_of(path) if path.is_dir() else [path]:
            files.setdefault(file.resolve(), file)
        if path.is_dir() and not files_of(path):
            raise MissingDataError(empty_folder(path))
    return in_natural_order(files.values())


def raw_folders(data_dir: Path, symbol: str) -> list[Path]:
    """The folders for raw files of `symbol`: `{symbol} 1m` and whatever follows a space."""
    name = f"{check_symbol_name(symbol)} 1m"
    return [
        path
        for path in _entries(data_dir)
        if (path.name == name or path.name.startswith(f"{name} ")) and path.is_dir()
    ]


def files_of(folder: Path) -> list[Path]:
    """Raw files in `folder` itself, by their suffix in any case, none hidden.

    Tables are .csv, .tsv, .txt and .parquet, compressed files .gz, .xz, .bz2 and .zip.

    A .txt beside a .csv of the same name is a report about it (HistData) and no raw file.
    """
    files = [
        path
        for path in _entries(folder)
        if path.suffix.lower() in _SUFFIXES
        and not path.name.startswith(_HIDDEN)
        and path.name != MARKER
        and path.is_file()
    ]
    tables = {path.stem for path in files if path.suffix.lower() == ".csv"}
    return [path for path in files if path.suffix.lower() != ".txt" or path.stem not in tables]


def unread_files(places: Iterable[Path]) -> list[Path]:
    """Files in the folders among `places` that are not taken for raw files, none hidden."""
    return in_natural_order(
        path
        for folder in places
        if folder.is_dir()
        for path in set(_entries(folder)) - set(files_of(folder))
        if path.is_file() and not path.name.startswith(_HIDDEN) and path.name != MARKER
    )


def in_natural_order(files: Iterable[Path]) -> list[Path]:
    """Sort by folder, then name, numbers by value: `x.csv`, `x (1).csv`, `x (2).csv`, `x (10).csv`.

    This order decides which of two bars of the same minute is kept.
    """
    return sorted(
        files, key=lambda path: (_natural(path.parent.name), _natural(path.stem), str(path))
    )


def empty_folder(folder: Path) -> str:
    """Message about a folder without raw files."""
    names = sorted(path.name for path in _entries(folder))
    listed = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    return (
        f"{folder}: this folder contains no {', '.join(_SUFFIXES)} file "
        f"({f'it contains {listed}' if names else 'it is empty'})"
    )


def _natural(name: str) -> list[tuple[str, int]]:
    pieces = re.split(r"(\d+)", name.casefold())
    return [
        (text, int(number or 0))
        for text, number in zip(pieces[::2], [*pieces[1::2], ""], strict=True)
    ]


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError(f"{folder}: cannot be read: {error.strerror}") from error


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
