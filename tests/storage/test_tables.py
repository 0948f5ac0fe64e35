"""Tables as text files: every value survives, and none is written that readers refuse."""

import csv
import io

import pytest

from params_optimizer.storage.tables import write_csv, write_json


@pytest.mark.parametrize("value", [0.1 + 0.2, -1e-300, 1e22, 5.0, True, 'a,b\n"c"', "Zürich"])
def test_csv_keeps_every_value(tmp_path, value):
    path = tmp_path / "one.csv"
    write_csv(path, [{"x": value}], ["x"])
    text = path.read_bytes().decode("utf-8")
    assert "\r" not in text
    (_, (cell,)) = csv.reader(io.StringIO(text))
    assert cell == str(value)
    if isinstance(value, float):
        assert float(cell) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_has_no_value_that_other_readers_refuse(tmp_path, value):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "one.json", {"x": value})
    assert list(tmp_path.iterdir()) == []
