"""Progress where nobody watches: plain lines, not too many; and on a terminal."""

import sys
from types import SimpleNamespace

import pytest
from rich.console import Console
from rich.text import Text

from params_optimizer import console
from params_optimizer.console import Level
from params_optimizer.orchestrator.progress import BestSoFar, Snapshot
from params_optimizer.reports import terminal
from params_optimizer.reports.frame import frame, packed
from params_optimizer.reports.progress_texts import duration
from params_optimizer.reports.terminal import RUN_PHASES, live_progress

FIGURES = {
    "total_r": 12.345,
    "total_trades": 41.0,
    "winrate": 40.8,
    "winning_trades": 14.0,
    "losing_trades": 20.0,
    "sharpe_ratio": 0.97,
    "max_drawdown": 21.9,
}


def snapshot(
    completed: int,
    *,
    eta: float | None = 90.0,
    best: BestSoFar | None = None,
    elapsed: float = 83.0,
    total: int = 2_000,
) -> Snapshot:
    return Snapshot(
        completed=completed,
        total=total,
        rate=12_345.6,
        elapsed=elapsed,
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


@pytest.fixture
def level():
    """Sets how much is shown, for one test."""
    yield console.set_level
    console.set_level(Level.NORMAL)


@pytest.fixture(autouse=True)
def command():
    """As if a command ran."""
    with console.listening():
        yield


def test_a_line_every_ten_seconds_and_one_at_the_end(clock, capsys):
    with live_progress("GER40") as listen:
        for second in range(25):
            clock.seconds = 1_000.0 + second
            listen(snapshot(second * 40))
        listen(snapshot(2_000, eta=0.0))
        listen(snapshot(2_000, eta=0.0))
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert captured.out == "", "results go there"
    assert [line.split()[3] for line in lines] == ["400/2,000", "800/2,000", "2,000/2,000"]
    assert "\x1b" not in captured.err


@pytest.mark.parametrize(("hours", "least", "most"), [(1, 30, 60), (24, 200, 400)])
def test_long_runs_fill_no_log_with_lines(clock, capsys, hours, least, most):
    with live_progress("GER40") as listen:
        for second in range(0, hours * 3600, 2):
            clock.seconds = 1_000.0 + second
            listen(snapshot(1, elapsed=float(second)))
    assert least <= len(capsys.readouterr().err.splitlines()) <= most


def test_what_a_line_says(clock, capsys):
    with live_progress("GER40") as listen:
        clock.seconds += 11
        listen(snapshot(500, best=BestSoFar(17, FIGURES)))
        clock.seconds += 11
        listen(snapshot(501, eta=None))
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(
        "GER40  25.0 %  500/2,000 combinations  12,346/s  elapsed 1:23  ETA 1:30  3 workers"
    )
    assert "GiB" in first
    assert first.endswith("best total R so far 12.35  in 41 trades  14 won, 20 lost, 7 flat")
    assert "ETA -" in second
    assert "best" not in second


def test_phases_are_timed_where_that_is_wanted(clock, capsys, level):
    level(Level.VERBOSE)
    with live_progress("GER40") as view:
        view.phase("loading")
        clock.seconds += 2.5
        view.phase("joining")
        clock.seconds += 1
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["GER40 loading: 2.5 s", "GER40 joining: 1.0 s"]


def test_verbose_tells_every_second_and_quiet_nothing(clock, capsys, level):
    def told(chosen: Level) -> int:
        level(chosen)
        with live_progress("GER40") as listen:
            for second in range(5):
                clock.seconds += 1
                listen(snapshot(second))
            listen(snapshot(2_000))
        return len(capsys.readouterr().err.splitlines())

    assert told(Level.VERBOSE) == 6
    assert told(Level.QUIET) == 0


def test_quiet_and_live_displays_keep_their_lines_in_the_log(clock, level, monkeypatch, caplog):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for chosen in (Level.QUIET, Level.NORMAL):
        level(chosen)
        with live_progress("GER40") as view:
            view.phase("searching")
            clock.seconds += 11
            view(snapshot(500))
    lines = [text for text in caplog.messages if "%" in text]
    assert len(lines) == 2
    assert all("500/2,000" in line for line in lines)
    assert caplog.messages.count("GER40 searching: 11.0 s") == 2


def test_a_terminal_shows_phases_figures_and_the_best_so_far(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm-256color")
    with live_progress("GER40") as view:
        view.phase("loading")
        view.phase("searching")
        view(snapshot(500, best=BestSoFar(17, FIGURES)))
        view.phase("joining")
    captured = capsys.readouterr()
    assert captured.out == ""
    for text in ("loading", "searching", "500 of 2,000", "12,346/s   elapsed 1:23   ETA 1:30"):
        assert text in captured.err
    assert "best total R so far 12.35" in captured.err
    assert captured.err.rstrip().endswith("\x1b[2K") or "\x1b[?25h" in captured.err, "cursor back"


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(term, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", term)
    with live_progress("GER40") as listen:
        listen(snapshot(2_000))
    assert "\x1b" not in capsys.readouterr().err


def drawn(width: int, *, now: Snapshot | None, phase: str) -> list[str]:
    paper = Console(width=width, force_terminal=True)
    with paper.capture() as capture:
        paper.print(frame("XAUUSD", RUN_PHASES, phase, 75.0, now, 3 << 29, paper))
    return [Text.from_ansi(line).plain for line in capture.get().splitlines()]


LONG = snapshot(868_000, best=BestSoFar(1_477_123, FIGURES), total=1_478_400)


@pytest.mark.parametrize("width", [24, 60, 80, 120, 200])
@pytest.mark.parametrize("phase", ["searching", "joining"])
def test_a_frame_fits_the_terminal(width, phase):
    lines = drawn(width, now=LONG, phase=phase)
    text = "\n".join(lines)
    assert phase in text
    assert "58.7 %" in text
    for part in ("12,346/s", "1.5 GiB", "best total R so"):
        assert part in text
    assert len(lines) <= (8 if width >= 60 else 15)
    assert max(map(len, lines)) <= width


def test_the_last_line_of_a_frame_leaves_room_for_the_echo_of_ctrl_c():
    assert len(drawn(120, now=LONG, phase="searching")[-1].rstrip("\n")) <= 118


def test_a_frame_names_what_is_done_and_how_long_a_phase_lasts():
    (line,) = drawn(120, now=None, phase="compiling")
    for text in ("✓ loading", "compiling 1:15", "searching", "joining", "ranking", "writing"):
        assert text in line


def test_no_color_is_heeded(monkeypatch, capsys):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with live_progress("GER40") as view:
        view.phase("searching")
        view(snapshot(500, best=BestSoFar(17, FIGURES)))
    err = capsys.readouterr().err
    assert "searching" in err
    assert not [code for code in ("\x1b[3", "\x1b[1;3", "\x1b[38", "\x1b[9") if code in err]


def test_texts_are_packed_without_tearing_one_apart():
    assert packed(["12/s", "ETA 1:30", "3 workers"], 17) == ["12/s   ETA 1:30", "3 workers"]
    assert packed([], 17) == []


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
