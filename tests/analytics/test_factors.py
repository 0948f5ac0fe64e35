"""Names and labels of a grid's factors."""

from params_optimizer.analytics.factors import factors_of
from params_optimizer.config import GridValues, Settings
from tests.grids import grid_of


def labels(**changes):
    values = Settings().grids.standard.model_copy(update=changes)
    windows = Settings().symbol("GER40").ib_windows
    grid = grid_of(GridValues(**values.model_dump()), windows)
    found = factors_of(grid)
    assert [len(one.labels) for one in found] == [axis.count for axis in grid.axes]
    return {one.name: list(one.labels) for one in found}


def test_pairs_are_one_factor_with_words_for_off():
    found = labels()
    assert found["ib_window"] == ["08:00–08:30", "08:00–09:00", "09:00–09:30"]
    assert found["trailing"][:2] == ["off", "0.5 / 0.5"]
    assert found["rev_rb"] == ["0.5", "off"]
    assert found["rr_target"] == ["0.5", "1", "1.5", "2"]
    assert found["stop_mode"] == ["ib_start", "eq"]


def test_the_zone_is_named_where_there_are_several():
    berlin, tokyo = ("08:00", "09:00", "Europe/Berlin"), ("08:00", "09:00", "Asia/Tokyo")
    assert labels(ib_windows=(berlin, tokyo))["ib_window"] == [
        "08:00–09:00 Europe/Berlin",
        "08:00–09:00 Asia/Tokyo",
    ]
