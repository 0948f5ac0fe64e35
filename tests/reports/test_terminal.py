"""Progress where nobody watches: plain lines, not too many; and on a terminal."""

import sys
from types import SimpleNamespace

import pytest

from params_optimizer.orchestrator.progress import Snapshot
from params_optimizer.orchestrator.worker import Best
from params_optimizer.reports import terminal
from params_optimizer.reports.terminal import duration, live_progress


def snapshot(completed: int, *, eta: float | None = 90.0, best: Best | None = None) -> Snapshot:
    return Snapshot(
        completed=completed,
        total=2_000,
        rate=12_345.6,
        elapsed=83.0,
        eta=eta,
        workers=3,
        best=best,
    )


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    """Seconds that pass when the test says so."""
    now = SimpleNamespace(seconds=1_000.0)
    monkeypatch.setattr(terminal, "time", SimpleNamespace(monotonic=lambda: now.seconds))
    return now


def test_a_line_every_ten_seconds_and_one_at_the_end(clock, capsys):
    with live_progress("GER40") as listen:
        for second in range(25):
            clock.seconds = 1_000.0 + second
            listen(snapshot(second * 40))
        listen(snapshot(2_000, eta=0.0))
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert captured.out == "", "results go there"
    assert [line.split()[3] for line in lines] == ["400/2,000", "800/2,000", "2,000/2,000"]
    assert "\x1b" not in captured.err


def test_what_a_line_says(clock, capsys):
    best = Best(17, {"total_r": 12.345, "total_trades": 41.0})
    with live_progress("GER40") as listen:
        clock.seconds += 11
        listen(snapshot(500, best=best))
        clock.seconds += 11
        listen(snapshot(501, eta=None))
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("GER40  25.0 %  500/2,000  12,346/s  elapsed 1:23  ETA 1:30  3 workers")
    assert "GiB" in first
    assert first.endswith("highest total so far 12.3 R in 41 trades")
    assert "ETA -" in second
    assert "best" not in second


def test_a_terminal_shows_the_same_figures(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    with live_progress("GER40") as listen:
        listen(snapshot(500))
        listen(snapshot(2_000, eta=0.0))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "GER40" in captured.err
    assert "2000/2000" in captured.err
    assert "12,346/s  elapsed 1:23  ETA 0:00  3 workers" in captured.err


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (0.4, "0:00"),
        (7, "0:07"),
        (59.6, "1:00"),
        (754, "12:34"),
        (3_599.4, "59:59"),
        (3_599.6, "1:00:00"),
        (3_723, "1:02:03"),
        (360_000, "100:00:00"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text
