"""Files as people had them, which lie beside the team's checkouts: each ends as it should."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from params_optimizer.config import load_settings
from params_optimizer.data.loader import load_bars
from params_optimizer.data.news import load_calendar
from params_optimizer.data.ohlc import load_ohlc, resample
from params_optimizer.data.prepare_data import prepare
from params_optimizer.errors import DataError, FormatError
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.registry import strategy_named


@pytest.fixture
def cases(shared: Path) -> Path:
    folder = shared / "cases"
    if not folder.exists():
        pytest.skip("no ../shared/cases beside this checkout")
    return folder


@pytest.fixture
def importing(cases: Path, tmp_path: Path):
    """Prepare the files of a case (a file, or its data folder) and return summary and bars."""

    def run(case: str, *files: str, data: str = "data", **options):
        symbol = load_settings(cases / case / "config.json").symbol("TST")
        root = tmp_path / "data"
        if not files:
            shutil.copytree(cases / case / data, root)
        paths = [cases / case / name for name in files]
        summary = prepare(root, "TST", symbol, paths, show_progress=False, **options)
        return summary, load_bars(root, "TST").m1

    return run


def first_time(bars) -> str:
    return str(np.datetime64(int(bars.time[0]), "m"))


def test_ninjatrader(importing):
    name = "ES 03-24.Last.txt"
    with pytest.raises(FormatError, match=r"--stamps close"):
        importing("01-ninjatrader", name, source_timezone="UTC")
    _, bars = importing("01-ninjatrader", name, source_timezone="UTC", stamps="close")
    assert (first_time(bars), bars.tick_volume.sum()) == ("2024-01-02T00:00", 14_653)


def test_tradestation(importing):
    with pytest.raises(DataError, match=r"--stamps close.*--source-timezone"):
        importing("02-tradestation", "ts.txt")
    _, bars = importing("02-tradestation", "ts.txt", source_timezone="UTC", stamps="close")
    assert (first_time(bars), bars.time.size) == ("2024-01-02T00:00", 300)


@pytest.mark.parametrize(
    ("case", "name", "options", "rows"),
    [
        ("05-binance-header", "BTCUSD_PERP-1m.csv", {}, 300),
        ("10-sierra", "ES.scid_BarData.txt", {"source_timezone": "UTC"}, 300),
        ("11-excel-leading-zero", "GER40_M1.csv", {"source_timezone": "UTC"}, 1400),
        ("13-thousands", "x.csv", {}, 600),
    ],
)
def test_every_bar_is_read(importing, case, name, options, rows):
    summary, bars = importing(case, name, **options)
    assert (summary.rows, summary.rejected, bars.time.size) == (rows, {}, rows)


def test_compressed_files_beside_plain_ones(importing):
    summary, _ = importing("16-compressed-beside-plain")
    assert (summary.days, summary.left_out) == (5, ())


@pytest.mark.parametrize(
    ("case", "files", "message"),
    [
        ("18-bid-ask-pair", (), r"300 of 300 repeated minutes.*ASK.*BID.*bid and ask"),
        ("23-negative-oil", ("CL.csv",), r"161 of its 300 rows.*negative.*--force"),
        ("70-two-symbols-one-file", ("bars.csv",), r"several series.*MSFT, AAPL"),
    ],
)
def test_what_would_be_wrong_is_refused(importing, case, files, message):
    with pytest.raises(DataError, match=message):
        importing(case, *files)


@pytest.mark.parametrize("data", ["data", "data2"])
def test_the_finished_bar_is_kept(importing, data):
    summary, bars = importing("71-unfinished-last-bar", data=data)
    assert summary.unfinished > 0
    assert 189.53 in bars.close[bars.tick_volume == 80]


def test_calendars_under_other_names(cases):
    calendar = load_calendar(cases / "30-news-suffix-case-beside" / "data")
    assert [path.name for path in calendar.files] == [
        "a.csv",
        "b.CSV",
        "forex_factory_2024.JSON",
        "forexfactory_2024.json",
    ]
    assert [path.name for path in calendar.unread] == ["c.csv.gz", "d.tsv", "sub.txt"]
    assert len(calendar.events) == 2  # one of them stands in two files


def test_events_of_all_countries(cases):
    calendar = load_calendar(cases / "31-news-country-all" / "data")
    assert len(calendar.relevant(["USD", "All"])) == 2
    assert (calendar.uncounted(["USD"]), calendar.uncounted(["usd", "all"])) == (1, 0)


@pytest.mark.parametrize("name", ["volume", "Volume_BTC", "Volume_(BTC)", "Volume_USD"])
def test_the_volume_has_many_names(cases, name, monkeypatch, tmp_path):
    folder = cases / "91-volume-column-names"
    bars = load_ohlc(folder / f"{name}.csv").bars
    assert bars.volume.sum() == 202_689
    shutil.copy(folder / "strats.py", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    trades = strategy_named("strats:vol", Account()).trades(resample(bars, 15), {})
    assert len(trades.r) == 71
