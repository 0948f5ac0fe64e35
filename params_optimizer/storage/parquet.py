"""Parquet in and out: tables as bytes, and many files joined without decoding them."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, cast

from params_optimizer.errors import DamagedFileError
from params_optimizer.storage import files, thrift
from params_optimizer.storage.thrift import BINARY, LIST, STRUCT, ListValue, StructValue

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC = b"PAR1"
_TAIL = 8  # length of the footer, magic
# Field numbers of parquet.thrift.
_SCHEMA, _ROWS, _ROW_GROUPS, _KEY_VALUES = 2, 3, 4, 5
_COLUMNS, _GROUP_ROWS, _GROUP_OFFSET, _ORDINAL = 1, 3, 5, 7
_COLUMN_OFFSET, _COLUMN_META = 2, 3
_PAGE_OFFSETS = (9, 10, 11)  # data, index and dictionary page
_LAST_ORDINAL = 2**15 - 1
_PIECE = 1 << 22


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

    Only footers are decoded; memory grows with the number of row groups, not of rows.

    Raises:
        DamagedFileError: a part is no Parquet file, or its schema differs from the first one,
            or all of them together do not have `rows` rows.
        StorageError: the target cannot be written.
    """
    digest = sha256()
    groups: list[thrift.Value] = []
    found = 0
    joined: StructValue = {}
    with files.atomic_file(target) as file:

        def write(data: bytes) -> None:
            digest.update(data)
            file.write(data)

        write(MAGIC)
        position = len(MAGIC)
        for part in parts:
            with files.explained(part, "read"):
                content = part.read_bytes()
            try:
                footer, end = _footer(content)
                same = not joined or footer[_SCHEMA] == joined[_SCHEMA]
                found += _move_groups(footer, position - len(MAGIC), groups)
            except (DamagedFileError, LookupError, AttributeError, TypeError) as error:
                raise DamagedFileError(f"{part}: is no sound Parquet file ({error})") from error
            if not same:
                raise DamagedFileError(f"{part}: has other columns than the parts before it")
            joined = joined or footer
            write(content[len(MAGIC) : end])
            position += end - len(MAGIC)
        if found != rows:
            raise DamagedFileError(f"{target}: the parts have {found:,} of {rows:,} rows")
        joined[_ROWS] = (thrift.I64, rows)
        joined[_ROW_GROUPS] = (LIST, ListValue(STRUCT, groups))
        joined[_KEY_VALUES] = (LIST, _key_values(metadata))
        footer_bytes = thrift.encode(joined)
        write(footer_bytes + len(footer_bytes).to_bytes(4, "little") + MAGIC)
    return digest.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content."""
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _footer(content: bytes) -> tuple[StructValue, int]:
    """The decoded footer and where it begins."""
    end = len(content) - _TAIL - int.from_bytes(content[-_TAIL:-4], "little")
    if content[:4] != MAGIC or content[-4:] != MAGIC or end < len(MAGIC):
        raise DamagedFileError("its begin or end is missing")
    return thrift.decode(content[end:-_TAIL]), end


def _move_groups(footer: StructValue, shift: int, groups: list[thrift.Value]) -> int:
    """Append the footer's row groups, their offsets moved by `shift` bytes; returns rows."""
    rows = 0
    for group in cast("list[StructValue]", cast("ListValue", footer[_ROW_GROUPS][1]).items):
        for column in cast("list[StructValue]", cast("ListValue", group[_COLUMNS][1]).items):
            _move(column, (_COLUMN_OFFSET,), shift)
            _move(cast("StructValue", column[_COLUMN_META][1]), _PAGE_OFFSETS, shift)
        _move(group, (_GROUP_OFFSET,), shift)
        group.pop(_ORDINAL, None)  # optional, and too narrow for more
        if len(groups) <= _LAST_ORDINAL:
            group[_ORDINAL] = (thrift.I16, len(groups))
        rows += cast("int", group[_GROUP_ROWS][1])
        groups.append(thrift.Encoded(thrift.encode(group)))
    return rows


def _move(struct: StructValue, fields: tuple[int, ...], shift: int) -> None:
    for field in fields:
        kind, value = struct.get(field, (0, 0))
        if value:  # an absent offset, or the 0 that newer writers put there
            struct[field] = (kind, cast("int", value) + shift)


def _key_values(metadata: Mapping[str, str]) -> ListValue:
    return ListValue(
        STRUCT,
        [
            {1: (BINARY, key.encode()), 2: (BINARY, value.encode())}
            for key, value in sorted(metadata.items())
        ],
    )
