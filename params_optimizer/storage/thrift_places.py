"""Where values lie in an encoded Thrift struct: a footer changed without being decoded.

A footer has some two thousand values for each row group, of which a few hundred are offsets.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, Union

from params_optimizer.errors import DamagedFileError
from params_optimizer.storage.thrift import (
    BINARY,
    BYTE,
    DEEPEST,
    DOUBLE,
    FALSE,
    INTEGERS,
    LIST,
    STRUCT,
    TRUE,
)

OWN: Final = 0
"""Among wanted fields: the struct itself, in place of one of its fields, counted from 1."""

Wanted = Mapping[int, Union[str, "Wanted"]]
"""By field number: a name for the value, or what is wanted of the struct or structs in it."""

_NOTHING: Wanted = {}


class Place(NamedTuple):
    """The value called `name` is `data[begin:end]` and of the Thrift type `kind`."""

    name: str
    kind: int
    begin: int
    end: int


def locate(data: bytes, wanted: Wanted) -> list[Place]:
    """Find values of one struct, in the order in which they end.

    Raises:
        DamagedFileError: the bytes are no such struct.
    """
    found: list[Place] = []
    try:
        _struct(data, 0, wanted, found, 0)
    except (IndexError, ValueError) as error:
        raise DamagedFileError(f"a Parquet footer that cannot be read: {error}") from error
    return found


def number(data: bytes, place: Place) -> int:
    """The whole number at a place.

    Raises:
        DamagedFileError: there is something else.
    """
    if place.kind not in INTEGERS:
        raise DamagedFileError(f"a Parquet footer whose {place.name} is no number")
    value = _varint(data, place.begin)[0]
    return (value >> 1) ^ -(value & 1)


def number_bytes(value: int) -> bytes:
    """A whole number as it is encoded."""
    out, rest = bytearray(), value << 1 if value >= 0 else (-value << 1) - 1
    while rest > 127:
        out.append(rest & 127 | 128)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def _struct(data: bytes, at: int, wanted: Wanted, found: list[Place], depth: int) -> int:
    """Go through the struct at `at`; where it ends."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    begin, field = at, 0
    while header := data[at]:
        at += 1
        if header > 15:
            field += header >> 4
        else:
            value, at = _varint(data, at)
            field = (value >> 1) ^ -(value & 1)
        start, kind, inner = at, header & 15, wanted.get(field, _NOTHING)
        name = inner if isinstance(inner, str) else ""
        if kind in INTEGERS:
            while data[at] > 127:
                at += 1
            at += 1
        else:
            at = _after(data, at, kind, _NOTHING if isinstance(inner, str) else inner, found, depth)
        if name:
            found.append(Place(name, kind, start, at))
    own = wanted.get(OWN)
    if isinstance(own, str):
        found.append(Place(own, STRUCT, begin, at + 1))
    return at + 1


def _after(data: bytes, at: int, kind: int, wanted: Wanted, found: list[Place], depth: int) -> int:
    """Where a value that begins at `at` ends."""
    if kind == STRUCT:
        return _struct(data, at, wanted, found, depth + 1)
    if kind == LIST:
        return _list(data, at, wanted, found, depth + 1)
    if kind == BINARY:
        size, at = _varint(data, at)
        at += size
    elif kind in INTEGERS:
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


def _list(data: bytes, at: int, wanted: Wanted, found: list[Place], depth: int) -> int:
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    size, kind = data[at] >> 4, data[at] & 15
    at += 1
    if size == 15:
        size, at = _varint(data, at)
    if size > len(data) - at:
        raise ValueError(f"a list of {size} items at byte {at}")
    if kind in (TRUE, FALSE):  # in a list, each boolean is a byte of its own
        return at + size
    for _ in range(size):
        at = _after(data, at, kind, wanted, found, depth)
    return at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at `at`, and where it ends."""
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
