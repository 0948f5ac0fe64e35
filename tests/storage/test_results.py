"""Result rows from disk: complete runs, runs that kept some rows, damaged files."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from params_optimizer.errors import DamagedFileError
from params_optimizer.storage.results import Results


def rows_of(numbers: list[int]) -> pa.Table:
    """Result rows whose content follows from their number."""
    return pa.table(
        {
            "combination": pa.array(numbers, pa.int64()),
            "stop_mode": [("eq", "ib_start")[number % 2] for number in numbers],
            "rev_rb_enabled": [number % 3 == 0 for number in numbers],
            "total_trades": pa.array([number % 7 for number in numbers], pa.int32()),
            "total_r": [number / 8 for number in numbers],
        }
    )


def row(number: int) -> dict[str, object]:
    return rows_of([number]).to_pylist()[0]


def written(path: Path, numbers: list[int], group: int) -> Path:
    table = rows_of(numbers)
    with pq.ParquetWriter(path, table.schema, store_schema=False) as writer:
        writer.add_key_value_metadata({"survey": '{"rows": 1}', "städte": "Zürich"})
        writer.write_table(table, row_group_size=group)
    return path


@pytest.fixture
def complete(tmp_path: Path) -> Results:
    """Combinations 0 to 24 in two files and five row groups."""
    first = written(tmp_path / "a.parquet", list(range(12)), 5)
    return Results([first, written(tmp_path / "b.parquet", list(range(12, 25)), 8)])


@pytest.fixture
def sparse(tmp_path: Path) -> Results:
    """What `--keep top:N` leaves: some combinations only."""
    return Results([written(tmp_path / "kept.parquet", [3, 4, 9, 20, 21, 50], 2)])


def test_rows_columns_and_metadata(complete: Results):
    assert len(complete) == 25
    assert complete.columns == rows_of([0]).column_names
    assert complete.metadata["survey"] == '{"rows": 1}'
    assert complete.metadata["städte"] == "Zürich"


def test_pieces_hold_all_rows_in_order_as_plain_arrays(complete: Results):
    names = ["total_r", "combination", "stop_mode", "rev_rb_enabled", "total_trades"]
    found = list(complete.pieces(names))
    assert [piece["combination"].size for piece in found] == [5, 5, 2, 8, 5]
    assert all(list(piece) == names for piece in found)
    joined = {name: np.concatenate([piece[name] for piece in found]) for name in names}
    expected = rows_of(list(range(25))).to_pydict()
    assert {name: values.tolist() for name, values in joined.items()} == {
        name: expected[name] for name in names
    }
    kinds = {name: values.dtype for name, values in joined.items()}
    assert kinds["rev_rb_enabled"] == np.bool_
    assert kinds["total_r"] == np.float64
    assert np.issubdtype(kinds["total_trades"], np.integer)


@pytest.mark.parametrize(
    "numbers",
    [[], [0], [24], [4, 5], [11, 12], [24, 0, 13, 12, 11, 1], [7, 7, 2, 7], list(range(25))],
)
def test_rows_come_in_the_order_asked_for(complete: Results, numbers):
    assert complete.rows(numbers) == [row(number) for number in numbers]


def test_rows_are_found_where_only_some_were_kept(sparse: Results):
    assert len(sparse) == 6
    assert sparse.rows([50, 3, 20, 4]) == [row(50), row(3), row(20), row(4)]


@pytest.mark.parametrize("missing", [0, 5, 10, 22, 51])
def test_a_combination_without_a_row_is_an_error_not_its_neighbour(sparse: Results, missing):
    with pytest.raises(KeyError, match=str(missing)):
        sparse.rows([3, missing, 50])


def test_a_table_of_one_row_group(sparse: Results):
    assert sparse.table([9, 20]).to_pylist() == [row(9), row(20)]
    assert sparse.table([21]).to_pylist() == [row(21)]


@pytest.mark.parametrize(
    ("first", "end", "found"),
    [
        (0, 60, [3, 4, 9, 20, 21, 50]),
        (4, 21, [4, 9, 20]),  # from one row group to the next; the end is not included
        (5, 9, []),
        (51, 60, []),
        (0, 3, []),
    ],
)
def test_the_rows_between_two_combinations(sparse: Results, first, end, found):
    assert sparse.between(first, end)["combination"].to_pylist() == found


def test_files_without_rows_are_no_obstacle(tmp_path: Path):
    """A part of `--keep top:N` from which nothing was kept."""
    empty = written(tmp_path / "empty.parquet", [], 1)
    assert len(Results([empty])) == 0
    assert list(Results([empty]).pieces(["combination"])) == []
    both = Results([empty, written(tmp_path / "full.parquet", [7, 8], 2)])
    assert (len(both), both.rows([8])) == (2, [row(8)])


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all" * 10])
def test_a_file_that_is_no_parquet_is_named(tmp_path: Path, content):
    path = tmp_path / "results.parquet"
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"results\.parquet"):
        Results([path])


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(DamagedFileError, match=r"gone\.parquet"):
        Results([tmp_path / "gone.parquet"])


def test_a_file_of_other_columns_is_named(tmp_path: Path):
    path = tmp_path / "foreign.parquet"
    pq.write_table(pa.table({"price": [1.0]}), path)
    with pytest.raises(DamagedFileError, match=r"foreign\.parquet.*combination"):
        Results([path])


def test_a_file_that_is_damaged_inside_is_named(tmp_path: Path):
    path = written(tmp_path / "results.parquet", list(range(2_000)), 2_000)
    content = bytearray(path.read_bytes())
    content[4:-3000] = b"\xff" * (len(content) - 3004)  # all but the footer
    path.write_bytes(content)
    opened = Results([path])
    with pytest.raises(DamagedFileError, match=r"results\.parquet"):
        opened.rows([1_000])
    with pytest.raises(DamagedFileError, match=r"results\.parquet"):
        list(opened.pieces(["total_r"]))


def test_texts_that_are_none_are_told(tmp_path: Path):
    content = pa.table({"combination": [0], "ib_start": pa.array([b"\x80"], pa.binary())})
    as_text = content.set_column(1, "ib_start", content["ib_start"].cast(pa.string(), safe=False))
    pq.write_table(as_text, tmp_path / "x.parquet")
    with pytest.raises(DamagedFileError, match="cannot be read any more"):
        [*Results([tmp_path / "x.parquet"]).pieces(["ib_start"])]
