"""The terminal of a search: plain lines, quiet, a bar where somebody watches."""

import sys
from io import StringIO

import pytest

from params_optimizer import console
from params_optimizer.console import Level
from params_optimizer.reports import search_progress as room
from params_optimizer.search.objective import Objective, goals_of
from params_optimizer.search.trial import Trial

COUNTS = {"total_trades": 7, "winning_trades": 4, "losing_trades": 2}
OBJECTIVE = Objective(goals_of("total_r", None))


def trial(number, total):
    return Trial(number, {}, "complete", (-total,), metrics={"total_r": total, **COUNTS})


TRIALS = [trial(0, 1.5), trial(1, 4.25), trial(2, -3.0)]


@pytest.fixture
def level():
    with console.listening():
        yield console.set_level
    console.set_level(Level.NORMAL)


def told(capsys, label="GER40"):
    with room.search_progress(label, 3, OBJECTIVE) as listen:
        for count in (1, 2, 3):
            listen(TRIALS[:count])
    return capsys.readouterr().err


def test_the_last_line_tells_speed_time_and_the_best(capsys, level):
    level(Level.NORMAL)
    [line] = told(capsys).splitlines()
    assert line.startswith("GER40 100.0 %  3/3 trials  ")
    assert "/s  elapsed 0:00  ETA 0:00" in line
    assert line.endswith("best total R so far 4.25  in 7 trades  4 won, 2 lost, 1 flat")


def test_quiet_is_quiet(capsys, level):
    level(Level.QUIET)
    assert told(capsys) == ""


def test_where_somebody_watches_there_is_a_bar(monkeypatch, level):
    class Terminal(StringIO):
        def isatty(self):
            return True

    level(Level.NORMAL)
    screen = Terminal()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(sys, "stderr", screen)
    with room.search_progress("[b]GER40", 3, OBJECTIVE) as listen:
        listen(TRIALS[:2])
    assert "[b]GER40" in screen.getvalue(), "a name is text, not markup"
    assert "2 of 3 trials" in screen.getvalue()
    assert "best total R so far 4.25" in screen.getvalue()


def test_a_workflow_tells_the_trials_of_each_target(capsys, level):
    level(Level.NORMAL)
    with room.workflow_progress("flow.yaml", ["rules", "risk"], 2) as listen:
        listen({"stage": "rules"})
        for count in (10, 20):
            listen({"target": "rsi", "trials": count, "of": 20, "best_score": 1.25})
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("flow.yaml 100.0 %  20/20 rsi trials  ")
    assert line.endswith("best score so far 1.2500")
