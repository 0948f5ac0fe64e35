"""The command that makes the IB cache: exit codes, messages, and files it leaves alone."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from params_optimizer.config import Settings
from params_optimizer.data import ib_precompute
from params_optimizer.data.ib_cache import read_ib_cache
from params_optimizer.data.loader import load_bars

GER40 = Settings().symbol("GER40").ib_windows
EXTRA = ("10:00", "10:30", "Europe/Berlin")


def put_bars(data_dir: Path, first_price: float = 100.0) -> None:
    """Two days of hourly bars of GER40."""
    start = np.datetime64("2024-01-04T06:00", "s")
    price = first_price + np.arange(48.0)
    columns = {"time": pa.array(start + np.arange(48) * 3600, pa.timestamp("s", tz="UTC"))}
    columns |= {name: pa.array(price) for name in ("open", "high", "low", "close", "tick_volume")}
    path = data_dir / "optimized" / "GER40_m1.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")  # restored afterwards: the command sets it
    put_bars(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def cache(data_dir: Path) -> Path:
    return data_dir / "optimized" / "GER40_ib_cache.pkl"


def test_it_computes_the_windows_of_the_symbol(
    cache: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ib_precompute.main(["--symbol", "GER40"]) == 0
    out, err = capsys.readouterr()
    assert "written: 3 IB windows of 48 bars" in out
    assert not err
    held = read_ib_cache(cache, load_bars(data_dir, "GER40"))
    assert tuple(held) == GER40
    assert [len(held[window].date) for window in GER40] == [2, 2, 2]


def test_windows_of_the_named_grids_join_them(cache: Path, data_dir: Path, tmp_path: Path) -> None:
    config = tmp_path / "mine.json"
    listed = {"ib_windows": [GER40[0], EXTRA]}
    config.write_text(json.dumps({"grids": {"standard": listed}}))
    assert ib_precompute.main(["--symbol", "GER40", "--config", str(config)]) == 0
    assert tuple(read_ib_cache(cache, load_bars(data_dir, "GER40"))) == (*GER40, EXTRA)


def test_a_fresh_cache_is_left_alone(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ib_precompute.main(["--symbol", "GER40"])
    os.utime(cache, ns=(1, 1))
    assert ib_precompute.main(["--symbol", "GER40"]) == 0
    assert "is fresh" in capsys.readouterr().out
    assert cache.stat().st_mtime_ns == 1
    assert ib_precompute.main(["--symbol", "GER40", "--force"]) == 0
    assert cache.stat().st_mtime_ns != 1


def test_a_cache_of_these_bars_that_lacks_a_window_gets_it_and_keeps_the_others(
    cache: Path, data_dir: Path, tmp_path: Path
) -> None:
    ib_precompute.main(["--symbol", "GER40"])
    config = tmp_path / "mine.json"
    more = [(f"{hour}:00", f"{hour}:30", "Europe/Berlin") for hour in (10, 11)]
    for window in more:
        config.write_text(json.dumps({"grids": {"expanded": {"ib_windows": [window]}}}))
        assert ib_precompute.main(["--symbol", "GER40", "--config", str(config)]) == 0
    assert tuple(read_ib_cache(cache, load_bars(data_dir, "GER40"))) == (*GER40, *more)


class Harmful:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (self.command,)


@pytest.mark.parametrize("kind", ["other bars", "foreign", "text", "empty"])
def test_another_file_in_its_place_is_kept_until_forced(
    cache: Path, data_dir: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = tmp_path / "proof"
    if kind == "other bars":
        put_bars(data_dir, first_price=200.0)
        assert ib_precompute.main(["--symbol", "GER40"]) == 0
        put_bars(data_dir)
    else:
        content = {"foreign": pickle.dumps(Harmful(f"echo > {proof}")), "text": b"IBH,IBL"}
        cache.write_bytes(content.get(kind, b""))
    before = cache.read_bytes()
    capsys.readouterr()
    assert ib_precompute.main(["--symbol", "GER40"]) == 1
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith(f"error: {Path('data/optimized/GER40_ib_cache.pkl')}")
    assert "--force" in err
    assert cache.read_bytes() == before
    assert ib_precompute.main(["--symbol", "GER40", "--force"]) == 0
    assert tuple(read_ib_cache(cache, load_bars(data_dir, "GER40"))) == GER40
    assert not proof.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--symbol", "DAX"], "unknown symbol 'DAX'"),
        (["--symbol", "../GER40"], "symbol '../GER40'"),
        (["--symbol", "XAUUSD"], "--prepare-data"),
        (["--symbol", "GER40", "--data-dir", "elsewhere"], "elsewhere"),
        (["--symbol", "GER40", "--config", "none.json"], "none.json: there is no such file"),
    ],
)
def test_what_the_user_can_fix_is_told_without_a_traceback(
    data_dir: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(data_dir.rglob("*"))
    assert ib_precompute.main(arguments) == 1
    _, err = capsys.readouterr()
    assert err.startswith("error: ")
    assert message in err
    assert "Traceback" not in err
    assert sorted(data_dir.rglob("*")) == before


@pytest.mark.parametrize("arguments", [[], ["--symbol"], ["--symbol", "GER40", "--wrong"]])
def test_wrong_arguments_end_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        ib_precompute.main(arguments)
    assert caught.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert told.count("\n") == 2
    assert "--help" in told


def test_help_comes_without_the_heavy_libraries() -> None:
    watch = (
        "import sys, runpy\n"
        "sys.argv = ['ib_precompute', '--help']\n"
        "try: runpy.run_module('params_optimizer.data.ib_precompute', run_name='__main__')\n"
        "except SystemExit as end: code = end.code\n"
        "print(code, sorted({'numpy', 'pandas', 'pyarrow', 'pydantic'} & set(sys.modules)))"
    )
    root = Path(ib_precompute.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", watch], cwd=root, capture_output=True, text=True, check=True
    )
    assert "--force" in done.stdout
    assert done.stdout.splitlines()[-1] == "0 []"
