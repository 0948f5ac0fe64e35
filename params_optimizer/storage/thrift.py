"""Values of encoded Thrift structs: where they lie, and structs put together from them.

Written by hand because pyarrow cannot join Parquet files without decoding their rows, and
because of memory: joining changes only the footers, which are structs in Thrift's compact
encoding. A footer has some two thousand values for each row group, of which a few hundred
are offsets that move. Thrift libraries make an object of each value, a hundred times the
memory of its bytes; here the footer stays encoded and only those offsets are replaced.

Only the types that footers have are supported. Unknown fields are carried along.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple, Union

from params_optimizer.errors import DamagedFileError

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
_INTEGERS = frozenset({I16, I32, I64})
_MAX_DEPTH = 16

WHOLE: Final = 0
"""In a selection: the struct itself, in place of one of its fields, counted from 1."""

Selection = Mapping[int, Union[str, "Selection"]]
"""By field number: a name for the value, or a selection from the struct or structs in it."""

Fields = dict[int, tuple[int, bytes]]
"""Content of a struct: field number -> type and encoded value."""

_NOTHING: Selection = {}


class Span(NamedTuple):
    """The value called `name` is `data[begin:end]` and of the Thrift type `kind`."""

    name: str
    kind: int
    begin: int
    end: int


def locate(data: bytes, selection: Selection) -> list[Span]:
    """Find values of a struct, in the order in which they end.

    Raises:
        DamagedFileError: the bytes are not such a struct.
    """
    places: list[Span] = []
    with _damage_named():
        _struct(data, 0, selection, places, 0)
    return places


def fields(data: bytes) -> Fields:
    """The fields of a struct; `struct` puts them together again.

    Raises:
        DamagedFileError: the bytes are not such a struct.
    """
    content: Fields = {}
    at = field = 0
    with _damage_named():
        while header := data[at]:
            field, start = _field(data, at, field)
            at = _after(data, start, header & 15, _NOTHING, [], 0)
            content[field] = header & 15, data[start:at]
    return content


def struct(content: Fields) -> bytes:
    """Encode a struct whose values are encoded already."""
    parts, last = [], 0
    for field, (kind, value) in sorted(content.items()):
        step = field - last
        short = 0 < step < 16
        parts += [bytes([step << 4 | kind]) if short else bytes([kind]) + integer(field), value]
        last = field
    return b"".join([*parts, b"\0"])


def structs(items: Sequence[bytes]) -> bytes:
    """Encode a list of structs that are encoded already."""
    size = len(items)
    head = bytes([size << 4 | STRUCT]) if size < 15 else bytes([0xF0 | STRUCT]) + _unsigned(size)
    return b"".join([head, *items])


def binary(value: bytes) -> bytes:
    """Encode a byte string."""
    return _unsigned(len(value)) + value


def integer(value: int) -> bytes:
    """Encode an integer of any width."""
    return _unsigned(value << 1 if value >= 0 else (-value << 1) - 1)


def integer_at(data: bytes, place: Span) -> int:
    """The integer at a place.

    Raises:
        DamagedFileError: the value there is of another type.
    """
    if place.kind not in _INTEGERS:
        raise DamagedFileError(f"a Parquet footer whose {place.name} is no integer")
    value = _varint(data, place.begin)[0]
    return (value >> 1) ^ -(value & 1)


def _struct(data: bytes, at: int, selection: Selection, places: list[Span], depth: int) -> int:
    """Go through the struct at `at`; returns where it ends."""
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    begin, field = at, 0
    while header := data[at]:
        # Most of the time of a join is spent in this loop: `_field` and `_after` only where
        # a value is not a plain integer with a short header.
        if header > 15:
            field += header >> 4
            at += 1
        else:
            field, at = _field(data, at, field)
        start, kind, inner = at, header & 15, selection.get(field, _NOTHING)
        name = inner if isinstance(inner, str) else ""
        if kind in _INTEGERS:
            while data[at] > 127:
                at += 1
            at += 1
        else:
            nested = _NOTHING if isinstance(inner, str) else inner
            at = _after(data, at, kind, nested, places, depth)
        if name:
            places.append(Span(name, kind, start, at))
    whole = selection.get(WHOLE)
    if isinstance(whole, str):
        places.append(Span(whole, STRUCT, begin, at + 1))
    return at + 1


def _field(data: bytes, at: int, last: int) -> tuple[int, int]:
    """Number of the field whose header is at `at`, and where its value begins."""
    if step := data[at] >> 4:
        return last + step, at + 1
    value, at = _varint(data, at + 1)
    return (value >> 1) ^ -(value & 1), at


def _after(
    data: bytes, at: int, kind: int, selection: Selection, places: list[Span], depth: int
) -> int:
    """Where a value that begins at `at` ends."""
    if kind == STRUCT:
        return _struct(data, at, selection, places, depth + 1)
    if kind == LIST:
        return _list(data, at, selection, places, depth + 1)
    if kind == BINARY:
        size, at = _varint(data, at)
        at += size
    elif kind in _INTEGERS:
        _, at = _varint(data, at)
    elif kind == DOUBLE:
        at += 8
    elif kind == BYTE:
        at += 1
    elif kind not in (TRUE, FALSE):
        raise ValueError(f"field type {kind} at byte {at}")
    if at > len(data):
        raise ValueError(f"a value ends {at - len(data)} bytes after the end")
    return at


def _list(data: bytes, at: int, selection: Selection, places: list[Span], depth: int) -> int:
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    size, kind = data[at] >> 4, data[at] & 15
    at += 1
    if size == 15:
        size, at = _varint(data, at)
    if size > len(data) - at:
        raise ValueError(f"a list of {size} items at byte {at}")
    if kind in (TRUE, FALSE):  # in a list, each boolean is a byte
        return at + size
    for _ in range(size):
        at = _after(data, at, kind, selection, places, depth)
    return at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The unsigned integer at `at`, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError(f"an endless number at byte {at}")


def _unsigned(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except (IndexError, ValueError) as error:
        raise DamagedFileError(f"a Parquet footer that cannot be read: {error}") from error
