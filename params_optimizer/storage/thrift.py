"""The compact Thrift encoding of Parquet footers: read, change a number, write back.

A struct is a dictionary from field number to (type, value); unknown fields survive.
Only what footers hold is supported. See the Thrift compact protocol specification.
"""

from typing import NamedTuple, Union

from params_optimizer.errors import DamagedFileError

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
INTEGERS = frozenset({I16, I32, I64})
DEEPEST = 16

Value = Union[bool, int, bytes, "Encoded", "ListValue", "StructValue"]
StructValue = dict[int, tuple[int, Value]]


class Encoded(NamedTuple):
    """A struct that is encoded already: a hundredth of the memory of a decoded one."""

    data: bytes


class ListValue(NamedTuple):
    """Items of one type."""

    kind: int
    items: list[Value]


def decode(data: bytes) -> StructValue:
    """Read one struct.

    Raises:
        DamagedFileError: the bytes are no such struct.
    """
    try:
        return _Reader(data).struct(0)
    except (IndexError, ValueError) as error:
        raise DamagedFileError(f"a Parquet footer that cannot be read: {error}") from error


def encode(struct: StructValue) -> bytes:
    """Write one struct."""
    out = bytearray()
    _write_struct(out, struct)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self, depth: int) -> StructValue:
        if depth > DEEPEST:
            raise ValueError("nested too deeply")
        fields: StructValue = {}
        number = 0
        while header := self._byte():
            step, kind = header >> 4, header & 15
            number = number + step if step else self._zigzag()
            fields[number] = (kind, self._value(kind, depth))
        return fields

    def _value(self, kind: int, depth: int) -> Value:
        if kind in (TRUE, FALSE):
            return kind == TRUE
        if kind in INTEGERS:
            return self._zigzag()
        if kind == BYTE:
            return self._take(1)
        if kind == DOUBLE:
            return self._take(8)
        if kind == BINARY:
            return self._take(self._varint())
        if kind == LIST:
            return self._list(depth + 1)
        if kind == STRUCT:
            return self.struct(depth + 1)
        raise ValueError(f"field type {kind} at byte {self._at}")

    def _list(self, depth: int) -> ListValue:
        if depth > DEEPEST:
            raise ValueError("nested too deeply")
        header = self._byte()
        size, kind = header >> 4, header & 15
        if size == 15:
            size = self._varint()
        if size > len(self._data) - self._at:
            raise ValueError(f"a list of {size} items at byte {self._at}")
        if kind in (TRUE, FALSE):  # in a list, each boolean is a byte of its own
            return ListValue(kind, [self._byte() == TRUE for _ in range(size)])
        return ListValue(kind, [self._value(kind, depth) for _ in range(size)])

    def _byte(self) -> int:
        value = self._data[self._at]
        self._at += 1
        return value

    def _take(self, count: int) -> bytes:
        if count > len(self._data) - self._at:
            raise ValueError(f"{count} bytes wanted at byte {self._at}")
        self._at += count
        return self._data[self._at - count : self._at]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise ValueError(f"an endless number at byte {self._at}")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)


def _write_struct(out: bytearray, struct: StructValue) -> None:
    last = 0
    for number in sorted(struct):
        kind, value = struct[number]
        if kind in (TRUE, FALSE):
            kind = TRUE if value else FALSE
        if 0 < number - last < 16:
            out.append((number - last) << 4 | kind)
        else:
            out.append(kind)
            _write_zigzag(out, number)
        _write_value(out, kind, value)
        last = number
    out.append(0)


def _write_value(out: bytearray, kind: int, value: Value) -> None:
    if kind in (TRUE, FALSE):
        return
    if isinstance(value, Encoded):
        out += value.data
    elif isinstance(value, ListValue):
        _write_list(out, value)
    elif isinstance(value, dict):
        _write_struct(out, value)
    elif isinstance(value, bytes):
        if kind == BINARY:
            _write_varint(out, len(value))
        out += value
    else:
        _write_zigzag(out, value)


def _write_list(out: bytearray, value: ListValue) -> None:
    size = len(value.items)
    out.append(min(size, 15) << 4 | value.kind)
    if size >= 15:
        _write_varint(out, size)
    for item in value.items:
        if value.kind in (TRUE, FALSE):
            out.append(TRUE if item else FALSE)
        else:
            _write_value(out, value.kind, item)


def _write_varint(out: bytearray, value: int) -> None:
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def _write_zigzag(out: bytearray, value: int) -> None:
    _write_varint(out, value << 1 if value >= 0 else (-value << 1) - 1)
