"""The compact encoding of Parquet footers: what is read is written back the same."""

import io
from contextlib import suppress

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
    WHOLE,
    fields,
    locate,
    struct,
    structs,
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
    content = fields(footer)
    assert struct(content) == footer
    groups = [footer[place.begin : place.end] for place in locate(footer, {4: {WHOLE: "group"}})]
    assert structs(groups) == content[4][1]
    assert [struct(fields(group)) for group in groups] == groups


def test_a_list_of_booleans_has_a_byte_for_each():
    content = {1: (LIST, bytes([3 << 4 | TRUE, TRUE, FALSE, TRUE])), 2: (I32, thrift.integer(-7))}
    assert fields(struct(content)) == content


def integers(kind: int, bits: int) -> st.SearchStrategy[tuple[int, bytes]]:
    values = st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return st.tuples(st.just(kind), values.map(thrift.integer))


def structs_of(value: st.SearchStrategy) -> st.SearchStrategy:
    """Content of structs, with field numbers in any order and far apart."""
    return st.dictionaries(st.integers(1, 300), value, max_size=6)


SCALARS = st.one_of(
    integers(I16, 16),
    integers(I32, 32),
    integers(I64, 64),
    st.tuples(st.just(BYTE), st.binary(min_size=1, max_size=1)),
    st.tuples(st.just(DOUBLE), st.binary(min_size=8, max_size=8)),
    st.tuples(st.just(BINARY), st.binary(max_size=300).map(thrift.binary)),
    st.just((TRUE, b"")),
    st.just((FALSE, b"")),
)
ENCODED = structs_of(SCALARS).map(struct)
STRUCTS = structs_of(
    st.one_of(
        SCALARS,
        st.tuples(st.just(LIST), st.lists(ENCODED, max_size=20).map(structs)),
        st.tuples(st.just(STRUCT), ENCODED),
    )
)


@given(STRUCTS)
def test_any_struct_comes_back(content):
    assert fields(struct(content)) == content


@given(st.dictionaries(st.integers(1, 300), integers(I64, 64), min_size=1), st.data())
def test_a_value_is_where_it_is_located(content, data):
    field = data.draw(st.sampled_from(sorted(content)))
    encoded = struct({9: (STRUCT, struct(content))})
    [place] = locate(encoded, {9: {field: "value"}})
    kind, value = content[field]
    assert (place.kind, encoded[place.begin : place.end]) == (kind, value)
    assert thrift.integer(thrift.integer_at(encoded, place)) == value


@given(st.binary(max_size=200))
def test_anything_else_is_called_damaged(content):
    try:
        decoded = fields(content)
    except DamagedFileError:
        return
    assert fields(struct(decoded)) == decoded


@given(st.sampled_from(sorted(FOOTERS)), st.data())
def test_a_damaged_footer_is_called_damaged(name, data):
    footer = bytearray(FOOTERS[name])
    for _ in range(data.draw(st.integers(1, 4))):
        footer[data.draw(st.integers(0, len(footer) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(footer[: data.draw(st.integers(0, len(footer)))])
    for read in (fields, lambda content: locate(content, {4: {WHOLE: "group", 3: "rows"}})):
        with suppress(DamagedFileError):
            read(damaged)


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
        fields(content)
    with pytest.raises(DamagedFileError, match="footer"):
        locate(content, {4: {WHOLE: "group"}})
