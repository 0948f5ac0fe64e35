"""The end of a run on a terminal: it fits, files exist, commands work."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from params_optimizer import run_optimizer
from params_optimizer.data.days import to_date
from params_optimizer.orchestrator.outcome import rank
from params_optimizer.reports import ending
from params_optimizer.reports.document import summary_of
from params_optimizer.reports.render_text import show
from params_optimizer.reports.run import ReportedRun

COMMAND = "python -m params_optimizer.run_optimizer --symbol GER40"


def printed(run: ReportedRun, width: int) -> list[str]:
    paper = io.StringIO()
    show(summary_of(run), Console(file=paper, width=width))
    return paper.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_summary_fits_the_terminal_and_shows_the_parameters(finished, width):
    run = ReportedRun(finished.outcome, finished.folder)
    lines = printed(run, width)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for name, value in run.settings_of(run.best).items():
        assert any(name in line and str(value) in line for line in lines), name
    assert f"{run.best['total_r']:,.2f}" in text


def test_without_a_ranked_combination_it_says_so(finished):
    study = finished.outcome.study
    strict = replace(study, settings=study.settings.model_copy(update={"min_trades": 10_000}))
    outcome = rank(strict, finished.folder / "GER40_full_results.parquet")
    text = "\n".join(printed(ReportedRun(outcome, finished.folder), 80))
    assert "No combination is ranked" in text
    told = "\n".join(ending.next_lines(outcome.plan, COMMAND, ranked=False))
    assert "--trades" not in told
    assert "--info" in told


def test_the_named_files_are_there(finished):
    names = [line.split()[0] for line in ending.files_lines(finished.outcome)]
    there = {path.name for path in finished.folder.iterdir()}
    assert set(names) - {"run.log"} <= there  # the command keeps the log, not the run itself


def test_the_next_commands_are_whole_and_taken(finished):
    lines = [*ending.next_lines(finished.outcome.plan, COMMAND, ranked=True)]
    commands = [line.strip() for line in lines if line.startswith(f"    {COMMAND} --")]
    assert len(commands) == (len(lines) - 1) / 2 >= 4
    for command in commands:
        run_optimizer._parser().parse_args(command.split()[3:])


@pytest.mark.parametrize(("days", "walks"), [(60, False), (180, True)])
def test_only_what_the_days_can_answer_is_next(finished, monkeypatch, days, walks):
    plan = finished.outcome.plan
    monkeypatch.setattr(type(plan), "traded_days", np.arange(20_000, 20_000 + days))
    lines = "\n".join(ending.next_lines(plan, COMMAND, ranked=True))
    assert ("--walk-forward" in lines) is walks
    assert f"--holdout-from {to_date(20_000 + days - days // 4)}" in lines
