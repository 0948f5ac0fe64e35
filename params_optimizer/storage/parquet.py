"""Parquet in and out: tables as bytes, and many files joined without decoding them."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, cast

from params_optimizer.errors import DamagedFileError
from params_optimizer.storage import files, thrift
from params_optimizer.storage.thrift import BINARY, I64, LIST, STRUCT, WHOLE, Selection, Span

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC = b"PAR1"
_TAIL = 8  # length of the footer, magic
# Field numbers of parquet.thrift.
_SCHEMA, _ROWS, _ROW_GROUPS, _KEY_VALUES = 2, 3, 4, 5
_ORDINAL = 7
_OFFSETS: Selection = {2: "offset", 3: {9: "offset", 10: "offset", 11: "offset"}}  # of a column
_MOVED: Selection = {
    _ROW_GROUPS: {WHOLE: "group", 1: _OFFSETS, 3: "rows", 5: "offset", _ORDINAL: "ordinal"},
}
_CHUNK_BYTES = 1 << 22


def table_bytes(
    table: "pa.Table", metadata: Mapping[str, str], dictionary: Sequence[str], delta: Sequence[str]
) -> bytes:
    """A table as one row group; `dictionary` and `delta` name the columns so encoded.

    The same content gives the same bytes with the same pyarrow version.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="snappy",
        use_dictionary=list(dictionary),
        column_encoding=dict.fromkeys(delta, "DELTA_BINARY_PACKED"),
        write_statistics=list(delta),  # of the numbers only: they find rows, the others do not
        store_schema=False,
    ) as writer:
        writer.add_key_value_metadata(dict(metadata))
        writer.write_table(table, row_group_size=max(table.num_rows, 1))
    return cast("bytes", sink.getvalue().to_pybytes())


def join(parts: Iterable[Path], target: Path, metadata: Mapping[str, str], rows: int) -> str:
    """Join files of equal schema to one, row groups as they are; its SHA-256.

    Footers are all that is looked at; memory grows with the number of row groups, not of rows.

    Raises:
        DamagedFileError: a part is no Parquet file, or its schema differs from the first one,
            or all of them together do not have `rows` rows.
        StorageError: the target cannot be written.
    """
    digest = sha256()
    groups: list[bytes] = []
    joined_rows = 0
    first_footer: thrift.Fields = {}
    columns: list[bytes] = []
    with files.atomic_file(target) as file:

        def write(data: bytes | memoryview) -> None:
            digest.update(data)
            file.write(data)

        write(MAGIC)
        position = len(MAGIC)
        for part in parts:
            with files.explained(part, "read"):
                content = part.read_bytes()
            try:
                footer, end = footer_of(content)
                first_footer = first_footer or thrift.fields(footer)
                columns = columns or _columns(footer)
                same = _columns(footer) == columns
                joined_rows += _move_groups(footer, position - len(MAGIC), groups)
            except DamagedFileError as error:
                raise DamagedFileError(f"{part}: is no sound Parquet file ({error})") from error
            if not same:
                raise DamagedFileError(f"{part}: has other columns than the parts before it")
            write(memoryview(content)[len(MAGIC) : end])
            position += end - len(MAGIC)
        if joined_rows != rows:
            raise DamagedFileError(f"{target}: the parts have {joined_rows:,} of {rows:,} rows")
        footer = thrift.struct(
            first_footer
            | {
                _ROWS: (I64, thrift.integer(rows)),
                _ROW_GROUPS: (LIST, thrift.structs(groups)),
                _KEY_VALUES: (LIST, _key_values(metadata)),
            }
        )
        write(as_file(footer)[len(MAGIC) :])
    return digest.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content."""
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def footer_of(content: bytes) -> tuple[bytes, int]:
    """The encoded footer of a Parquet file, and where it begins.

    Raises:
        DamagedFileError: the content is no Parquet file.
    """
    end = len(content) - _TAIL - int.from_bytes(content[-_TAIL:-4], "little")
    if content[:4] != MAGIC or content[-4:] != MAGIC or end < len(MAGIC):
        raise DamagedFileError("its begin or end is missing")
    return content[end:-_TAIL], end


def read_footer(path: Path) -> bytes:
    """The encoded footer of a Parquet file, without the rest of it.

    Raises:
        OSError: the file cannot be read.
        DamagedFileError: it is no Parquet file.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - _TAIL, 0))
        tail = file.read()
        length = int.from_bytes(tail[:4], "little") + _TAIL
        if tail[4:] != MAGIC or length + len(MAGIC) > size:
            raise DamagedFileError("is no Parquet file: its end is missing")
        file.seek(size - length)
        return file.read(length - _TAIL)


def single_footers(footer: bytes) -> Iterator[bytes]:
    """For each row group a footer of it alone, as a Parquet file without data.

    pyarrow's decoded footer takes twenty times its bytes; many row groups are decoded singly.

    Raises:
        DamagedFileError: the footer cannot be read.
    """
    groups = thrift.locate(footer, {_ROW_GROUPS: {WHOLE: "group"}})
    if not groups:
        return
    # A list of 15 or more has its length, seven bits a byte, behind its first byte.
    head = 1 if len(groups) < 15 else 1 + -(-len(groups).bit_length() // 7)
    before = footer[: groups[0].begin - head] + bytes([1 << 4 | STRUCT])
    after = footer[groups[-1].end :]
    for group in groups:
        yield as_file(before + footer[group.begin : group.end] + after)


def as_file(footer: bytes) -> bytes:
    """A Parquet file that is nothing but this footer."""
    return MAGIC + footer + len(footer).to_bytes(4, "little") + MAGIC


def _columns(footer: bytes) -> list[bytes]:
    """The encoded schema, an item for each column."""
    places = thrift.locate(footer, {_SCHEMA: {WHOLE: "column"}})
    return [footer[place.begin : place.end] for place in places]


def _move_groups(footer: bytes, shift: int, groups: list[bytes]) -> int:
    """Append the footer's row groups, their offsets moved by `shift` bytes; returns rows."""
    rows = 0
    changes: list[tuple[Span, int]] = []
    has_ordinal = False
    for place in thrift.locate(footer, _MOVED):
        if place.name == "group":
            content = _changed(footer, place, changes)
            if has_ordinal:  # its number within the part; optional, too narrow for many groups
                group = thrift.fields(content)
                del group[_ORDINAL]
                content = thrift.struct(group)
            groups.append(content)
            changes, has_ordinal = [], False
        elif place.name == "rows":
            rows += thrift.integer_at(footer, place)
        elif place.name == "ordinal":
            has_ordinal = True
        elif offset := thrift.integer_at(footer, place):  # newer writers: 0 where there is none
            changes.append((place, offset + shift))
    return rows


def _changed(footer: bytes, group: Span, changes: Sequence[tuple[Span, int]]) -> bytes:
    """The bytes of a row group with other integers in some places."""
    parts, at = [], group.begin
    for place, value in changes:
        parts += [footer[at : place.begin], thrift.integer(value)]
        at = place.end
    return b"".join([*parts, footer[at : group.end]])


def _key_values(metadata: Mapping[str, str]) -> bytes:
    return thrift.structs(
        [
            thrift.struct(
                {
                    1: (BINARY, thrift.binary(key.encode())),
                    2: (BINARY, thrift.binary(value.encode())),
                }
            )
            for key, value in sorted(metadata.items())
        ]
    )
