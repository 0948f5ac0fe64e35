"""The end of a run on a terminal: ten rows that fit, files that exist, commands that work."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from params_optimizer import run_optimizer
from params_optimizer.orchestrator.outcome import rank
from params_optimizer.reports import ending

COMMAND = "python -m params_optimizer.run_optimizer --symbol GER40"


def printed(outcome, width: int) -> list[str]:
    paper = io.StringIO()
    ending.print_summary(outcome, Console(file=paper, width=width))
    return paper.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_ten_best_fit_the_terminal(finished, width):
    outcome = finished.outcome
    lines = printed(outcome, width)
    assert max(map(len, lines)) <= width
    best = [f"{number:,}" for number in outcome.ranking.combination[:10].tolist()]
    shown = [line.split() for line in lines]
    rows = [cells for cells in shown if cells[:1] and cells[0].isdigit() and len(cells) > 5]
    assert [cells[1] for cells in rows][-10:] == best
    assert not any("…" in line for line in lines), "nothing is cut off"
    row = outcome.rows(outcome.ranking.combination[:1].tolist())[0]
    assert f"{row['total_r']:,.2f}" in rows[-10]


def test_a_wide_terminal_shows_more(finished):
    def heads(width: int) -> str:
        return next(line for line in printed(finished.outcome, width) if "combination  " in line)

    assert "Sharpe" in heads(60)
    assert "profit factor" not in heads(60)
    assert "profit factor" in heads(140)


def test_without_a_ranked_combination_it_says_so(finished):
    study = finished.outcome.study
    strict = replace(study, settings=study.settings.model_copy(update={"min_trades": 10_000}))
    outcome = rank(strict, finished.folder / "GER40_full_results.parquet")
    assert "No combination has enough trades" in "\n".join(printed(outcome, 80))
    told = "\n".join(ending.next_lines(outcome, COMMAND))
    assert "--trades" not in told
    assert "--info" in told


def test_the_named_files_are_there(finished):
    names = [line.split()[0] for line in ending.files_lines(finished.outcome)]
    there = {path.name for path in finished.folder.iterdir()}
    assert set(names) - {"run.log"} <= there  # the command keeps the log, not the run itself


def test_the_next_commands_are_taken(finished):
    lines = [*ending.next_lines(finished.outcome, COMMAND)]
    options = [line.split("  ")[1] for line in lines[2:]]
    assert len(options) >= 4
    for option in options:
        run_optimizer._parser().parse_args(["--symbol", "GER40", *option.split()])
