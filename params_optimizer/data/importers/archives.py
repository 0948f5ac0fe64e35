"""Compressed files, and files of other programs that are named rather than quoted."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, Any

from params_optimizer.errors import FormatError

TABLE_SUFFIXES = (".csv", ".txt", ".tsv", ".parquet")
COMPRESSED_SUFFIXES = (".gz", ".xz", ".bz2", ".zip")

_LARGEST = 4 << 30  # bytes of one unpacked file
_ZIP = b"PK\x03\x04"
_PACKED: dict[bytes, tuple[str, Callable[[IO[bytes]], Any]]] = {
    b"\x1f\x8b": ("gzip", lambda file: gzip.GzipFile(fileobj=file)),
    b"\xfd7zXZ\x00": ("xz", lzma.LZMAFile),
    b"BZh": ("bzip2", bz2.BZ2File),
}
_FOREIGN = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save it as CSV",
    b"ARROW1": "a Feather (Arrow) file; save it as Parquet",
    b"FEA1": "a Feather file; save it as Parquet",
    b"\x90\x01\x00\x00": "a MetaTrader 4 history file (.hst); export the bars as CSV",
    b"\x91\x01\x00\x00": "a MetaTrader 4 history file (.hst); export the bars as CSV",
    b"SCID": "a Sierra Chart data file (.scid); export bar data as text",
    b"\x89HDF": "an HDF5 file; save the table as CSV or Parquet",
    b"SQLite format 3": "an SQLite database; save the table as CSV or Parquet",
    b"\x93NUMPY": "a NumPy file; save the table as CSV or Parquet",
    b"ORC": "an ORC file; save it as Parquet",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive; unpack it",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive; unpack it",
    b"Rar!": "a RAR archive; unpack it",
    b"\x5d\x00\x00": "an LZMA file such as Dukascopy's .bi5; export the bars as CSV",
    b"%PDF": "a PDF document",
}


def unpacked(
    path: Path, content: bytes, suffixes: tuple[str, ...] = TABLE_SUFFIXES
) -> list[tuple[Path, bytes]]:
    """The files in `content`: itself, or what a compressed file contains.

    Members of a ZIP archive are named `archive.zip/member.csv`; only those with one of
    `suffixes` are taken, and no report (.txt) beside a table of the same name.

    Raises:
        FormatError: a damaged or encrypted archive, one without a table, or a file of
            another program.
    """
    if content.startswith(_ZIP):
        return _members(path, content, suffixes)
    for magic, (name, opened) in _PACKED.items():
        if content.startswith(magic):
            return [(path, _read(path, name, opened(io.BytesIO(content))))]
    for magic, kind in _FOREIGN.items():
        if content.startswith(magic):
            raise FormatError(f"{path}: is {kind}. This format is not read")
    return [(path, content)]


def _members(path: Path, content: bytes, suffixes: tuple[str, ...]) -> list[tuple[Path, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if "[Content_Types].xml" in names:
                raise FormatError(f"{path}: is an Excel workbook; save it as CSV")
            tables = _tables(names, suffixes)
            if not tables:
                raise FormatError(
                    f"{path}: this ZIP archive contains no {', '.join(suffixes)} file"
                )
            return [(path / name, _read(path / name, "ZIP", archive.open(name))) for name in tables]
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(
            f"{path}: this ZIP archive cannot be read ({error}); get it again, or unpack it"
        ) from error


def _tables(names: list[str], suffixes: tuple[str, ...]) -> list[str]:
    files = [
        PurePosixPath(name)
        for name in names
        if PurePosixPath(name).suffix.lower() in suffixes
        and not PurePosixPath(name).name.startswith((".", "~"))
        and not name.startswith("__MACOSX")
    ]
    stems = {file.with_suffix("") for file in files if file.suffix.lower() == ".csv"}
    return [
        str(file)
        for file in files
        if file.suffix.lower() != ".txt" or file.with_suffix("") not in stems
    ]


def _read(path: Path, name: str, file: IO[bytes]) -> bytes:
    try:
        content = file.read(_LARGEST + 1)
    except (OSError, EOFError, lzma.LZMAError, zlib.error, zipfile.BadZipFile) as error:
        raise FormatError(
            f"{path}: this {name} file is damaged ({error}); get it again, or unpack it"
        ) from error
    if len(content) > _LARGEST:
        raise FormatError(f"{path}: unpacks to more than {_LARGEST >> 30} GiB; unpack and split it")
    return content
