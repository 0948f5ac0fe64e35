"""Tables as bytes, and many files joined to one whose rows are those of all parts in order."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from params_optimizer.errors import DamagedFileError, StorageError
from params_optimizer.storage import files, parquet, thrift

COLUMNS = {
    "text": (pa.string(), st.text(st.characters(exclude_categories=["Cs"]), max_size=8)),
    "flag": (pa.bool_(), st.booleans()),
    "small": (pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    "count": (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "number": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "value": (pa.float64(), st.floats(allow_nan=False)),
}


@st.composite
def parts_of_a_table(draw: st.DrawFn) -> list[pa.Table]:
    """Tables of the same columns, of 0 to 40 rows each."""
    names = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, unique=True))
    tables = []
    for rows in draw(st.lists(st.integers(0, 40), min_size=1, max_size=5)):
        columns = {}
        for name in names:
            kind, values = COLUMNS[name]
            # Few distinct values, so that dictionaries are worth it.
            pool = draw(st.lists(values, min_size=1, max_size=4))
            columns[name] = pa.array([pool[row % len(pool)] for row in range(rows)], kind)
        tables.append(pa.table(columns))
    return tables


def as_bytes(table: pa.Table, **metadata: str) -> bytes:
    """As the workers write it: texts and numbers as dictionaries, int64 as differences."""
    numbers = [one.name for one in table.schema if one.type == pa.int64()]
    others = [name for name in table.column_names if name not in {*numbers, "flag"}]
    return parquet.table_bytes(table, metadata, dictionary=others, delta=numbers)


def written(folder: Path, tables: list[pa.Table]) -> list[Path]:
    paths = [folder / f"{place}.parquet" for place in range(len(tables))]
    for path, table in zip(paths, tables, strict=True):
        path.write_bytes(as_bytes(table, place=path.stem))
    return paths


@settings(max_examples=40)
@given(
    tables=parts_of_a_table(), metadata=st.dictionaries(st.text(max_size=5), st.text(max_size=5))
)
def test_what_is_joined_are_the_rows_of_all_parts_in_order(tmp_path_factory, tables, metadata):
    folder = tmp_path_factory.mktemp("join")
    target, expected = folder / "all.parquet", pa.concat_tables(tables)
    digest = parquet.join(written(folder, tables), target, metadata, expected.num_rows)
    joined = pq.read_table(target)
    assert joined.replace_schema_metadata(None).equals(expected)
    assert digest == parquet.file_digest(target)
    said = pq.read_metadata(target).metadata or {}
    assert {key.decode(): value.decode() for key, value in said.items()} == metadata
    assert pq.read_metadata(target).num_row_groups == len(tables)


def test_the_same_content_gives_the_same_bytes():
    table = pa.table({"number": [1, 2, 3], "text": ["a", "b", "a"]})
    assert as_bytes(table, a="1") == as_bytes(table, a="1")
    assert as_bytes(table, a="1") != as_bytes(table, a="2")


def groups_of(footer: bytes) -> list[thrift.Fields]:
    places = thrift.locate(footer, {4: {thrift.WHOLE: "group"}})
    return [thrift.fields(footer[place.begin : place.end]) for place in places]


@pytest.mark.parametrize("ordinal", [{}, {7: (thrift.I16, thrift.integer(3))}])
def test_row_groups_of_every_writer_move_with_their_rows(tmp_path, ordinal):
    """Offsets move; a row group's number within its part is left out."""
    part, target = tmp_path / "part.parquet", tmp_path / "all.parquet"
    pq.write_table(pa.table({"number": [1, 2]}), part, row_group_size=1, store_schema=False)
    footer, end = parquet.footer_of(part.read_bytes())
    groups = thrift.structs([thrift.struct(group | ordinal) for group in groups_of(footer)])
    changed_footer = thrift.struct(thrift.fields(footer) | {4: (thrift.LIST, groups)})
    changed = parquet.as_file(changed_footer)[len(parquet.MAGIC) :]
    part.write_bytes(part.read_bytes()[:end] + changed)
    parquet.join([part] * 9, target, {}, 18)
    assert pq.read_table(target)["number"].to_pylist() == [1, 2] * 9
    joined = groups_of(parquet.read_footer(target))
    assert len(joined) == 18
    assert not any(7 in group for group in joined)


@pytest.mark.parametrize("count", [1, 14, 15, 16, 127, 128, 200])
def test_each_row_group_has_a_footer_of_its_own(tmp_path, count):
    path = tmp_path / "many.parquet"
    table = pa.table({"number": pa.array(range(count), pa.int64())})
    pq.write_table(table, path, row_group_size=1)
    singles = list(parquet.single_footers(parquet.read_footer(path)))
    assert len(singles) == count
    found = []
    for single in singles:
        metadata = pq.read_metadata(pa.BufferReader(single))
        assert metadata.num_row_groups == 1
        found += pq.ParquetFile(path, metadata=metadata).read_row_group(0)["number"].to_pylist()
    assert found == list(range(count))


def test_parts_of_other_columns_are_named_and_the_target_stays(tmp_path):
    tables = [pa.table({"number": [1]}), pa.table({"count": pa.array([1], pa.int32())})]
    target = tmp_path / "all.parquet"
    target.write_bytes(b"old")
    with pytest.raises(DamagedFileError, match=r"1\.parquet: has other columns"):
        parquet.join(written(tmp_path, tables), target, {}, 2)
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_or_too_many_rows_are_refused_and_the_target_stays(tmp_path, count):
    parts = written(tmp_path, [pa.table({"number": [place]}) for place in range(count)])
    target = tmp_path / "all.parquet"
    target.write_bytes(b"old")
    with pytest.raises(DamagedFileError, match=rf"the parts have {count} of 2 rows"):
        parquet.join(parts, target, {}, 2)
    assert target.read_bytes() == b"old"
    assert not [*tmp_path.glob(".*")]


def test_a_part_that_is_gone_is_named(tmp_path):
    with pytest.raises(StorageError, match=r"cannot read .*gone\.parquet"):
        parquet.join([tmp_path / "gone.parquet"], tmp_path / "all.parquet", {}, 1)


SOUND = as_bytes(pa.table({"number": [1, 2], "text": ["a", "b"]}), slice="0")
FOOTER = len(SOUND) - 8 - int.from_bytes(SOUND[-8:-4], "little")


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_part_is_called_damaged_or_changes_nothing_else(tmp_path_factory, data):
    content = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(FOOTER, len(content) - 1))] = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.mktemp("damage")
    part, target = folder / "part.parquet", folder / "all.parquet"
    part.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        parquet.join([part, part], target, {}, 4)
    except DamagedFileError:
        assert not target.exists()


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1PAR1", b"x" * 100, SOUND[:-1], SOUND[1:]])
def test_what_is_no_parquet_file_is_named(tmp_path, content):
    (tmp_path / "x.parquet").write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"x\.parquet: is no sound Parquet file"):
        parquet.join([tmp_path / "x.parquet"], tmp_path / "all.parquet", {}, 2)


def test_the_join_writes_in_pieces_that_can_be_made_to_fail(tmp_path, monkeypatch):
    announced = []
    parts = written(tmp_path, [pa.table({"number": [1]}), pa.table({"number": [2]})])
    monkeypatch.setattr(files, "before", lambda operation, _: announced.append(operation))
    parquet.join(parts, tmp_path / "all.parquet", {}, 2)
    assert announced == ["open", *["write"] * 4, "flush", "rename", "flush"]
