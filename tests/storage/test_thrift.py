"""The compact encoding of Parquet footers: what is read is written back the same."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from params_optimizer.errors import DamagedFileError
from params_optimizer.storage import thrift
from params_optimizer.storage.thrift import (
    BINARY,
    BYTE,
    DOUBLE,
    FALSE,
    I16,
    I32,
    I64,
    LIST,
    STRUCT,
    TRUE,
    ListValue,
    decode,
    encode,
)


def footer_of(table: pa.Table, **options) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    content = sink.getvalue()
    return content[-8 - int.from_bytes(content[-8:-4], "little") : -8]


FOOTERS = {
    "numbers": footer_of(pa.table({"a": [1, 2], "b": [0.5, 1.5]})),
    "text and nulls": footer_of(pa.table({"a": ["x", None], "b": [True, False]})),
    "many row groups": footer_of(pa.table({"a": list(range(40))}), row_group_size=1),
    "no rows": footer_of(pa.table({"a": pa.array([], pa.int64())})),
    "lists": footer_of(pa.table({"a": [[1, 2], [3]]}), write_page_index=True),
}


@pytest.mark.parametrize("footer", FOOTERS.values(), ids=FOOTERS.keys())
def test_a_real_footer_survives_byte_for_byte(footer):
    assert encode(decode(footer)) == footer


def integers(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def fields(value: st.SearchStrategy) -> st.SearchStrategy:
    """Structs, with field numbers in any order and far apart."""
    return st.dictionaries(st.integers(1, 300), value, max_size=6)


SCALARS = st.one_of(
    st.tuples(st.just(I16), integers(16)),
    st.tuples(st.just(I32), integers(32)),
    st.tuples(st.just(I64), integers(64)),
    st.tuples(st.just(BYTE), st.binary(min_size=1, max_size=1)),
    st.tuples(st.just(DOUBLE), st.binary(min_size=8, max_size=8)),
    st.tuples(st.just(BINARY), st.binary(max_size=300)),
    st.just((TRUE, True)),
    st.just((FALSE, False)),
)
LISTS = st.one_of(
    st.lists(integers(64), max_size=20).map(lambda items: ListValue(I64, items)),
    st.lists(st.booleans(), max_size=20).map(lambda items: ListValue(TRUE, items)),
    st.lists(st.binary(max_size=5), max_size=20).map(lambda items: ListValue(BINARY, items)),
    st.lists(fields(SCALARS), max_size=20).map(lambda items: ListValue(STRUCT, items)),
)
STRUCTS = fields(
    st.one_of(
        SCALARS,
        LISTS.map(lambda value: (LIST, value)),
        fields(SCALARS).map(lambda value: (STRUCT, value)),
    )
)


@given(STRUCTS)
def test_any_struct_comes_back(struct):
    assert decode(encode(struct)) == struct


def test_a_struct_that_is_encoded_already_is_taken_as_it_is():
    inner = {1: (I32, 7), 9: (BINARY, b"x")}
    plain = {2: (LIST, ListValue(STRUCT, [inner, inner]))}
    ready = {2: (LIST, ListValue(STRUCT, [thrift.Encoded(encode(inner)), inner]))}
    assert encode(ready) == encode(plain)


@given(st.binary(max_size=200))
def test_anything_else_is_called_damaged(content):
    try:
        struct = decode(content)
    except DamagedFileError:
        return
    assert decode(encode(struct)) == struct


@given(st.sampled_from(sorted(FOOTERS)), st.data())
def test_a_damaged_footer_is_called_damaged(name, data):
    footer = bytearray(FOOTERS[name])
    for _ in range(data.draw(st.integers(1, 4))):
        footer[data.draw(st.integers(0, len(footer) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode(bytes(footer[: data.draw(st.integers(0, len(footer)))]))
    except DamagedFileError:
        return


BOMBS = {
    "structs in structs": bytes([0x1C]) * 100_000,
    "lists in lists": bytes([0x19]) + bytes([0x19]) * 100_000,
    "a list of billions": bytes([0x19, 0xF6, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
    "a text of billions": bytes([0x18, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
    "a number without end": bytes([0x16]) + bytes([0xFF]) * 100,
    "a map": bytes([0x1B, 0x00]),
    "nothing": b"",
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS.keys())
def test_hostile_content_is_refused_before_it_costs_anything(content):
    with pytest.raises(DamagedFileError, match="footer"):
        decode(content)
