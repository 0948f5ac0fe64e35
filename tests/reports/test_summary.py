"""The two text files of a run: what stands in them, for every kind of run."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from params_optimizer.config import NewsFilter
from params_optimizer.data.ib_cache import initial_balances
from params_optimizer.orchestrator.outcome import rank
from params_optimizer.orchestrator.plan import Dates
from params_optimizer.reports.facts import heading
from params_optimizer.reports.forms import record
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.ranking import fold
from params_optimizer.reports.summary import write_summary
from tests.strategies.hand_made import bars_of

RESULTS = "GER40_full_results.parquet"


def text_of(outcome, folder: Path, name: str = "summary") -> str:
    write_summary(outcome, folder)
    return (folder / f"GER40_{name}.txt").read_text(encoding="utf-8")


def told(outcome, **changes):
    """The outcome of a study that differs in some fields."""
    return replace(outcome, plan=replace(outcome.plan, **changes))


def test_the_heading_says_what_was_searched_on_which_days_at_which_costs(finished):
    lines = heading(finished.outcome.study, "288 combinations")
    assert lines[0] == "GER40: Initial Balance, 288 combinations"
    text = " ".join(" ".join(lines).split())
    assert "Days 60 trading days, 2025-02-24 to 2025-05-16" in text
    assert "Costs spread 1.5 points, half paid at the entry, half at a time exit" in text
    assert "News filter off" in text
    assert "Money 1,000 at risk per trade, no compounding" in text


def test_strict_execution_is_told_with_what_it_pays(finished):
    study = finished.outcome.study
    money = study.settings.backtest.model_copy(update={"execution": "strict", "slippage": 0.25})
    strict = replace(study, settings=study.settings.model_copy(update={"backtest": money}))
    lines = heading(strict, "288 combinations")
    assert lines[0].endswith("288 combinations, strict execution with slippage 0.25")
    text = " ".join(" ".join(lines).split())
    assert "Execution strict: what an order sent at the moment of the decision would" in text
    assert "1.5 points, half paid at the entry, half at every exit; slippage of 0.25" in text
    assert "Execution by the rules" in " ".join(
        " ".join(heading(study, "288 combinations")).split()
    )


def test_days_that_a_clock_change_leaves_out_are_counted(finished):
    bars = bars_of("""
        2024-03-29 01:05 105 110 100 105
        2024-03-30 01:05 105 110 100 105   # 02:05 in Berlin
        2024-03-31 01:05 105 110 100 105   # 03:05: there is no 02:00
    """)
    window = ("02:00", "03:30", "Europe/Berlin")
    levels = {window: initial_balances(bars, window)}
    study = replace(finished.outcome.study, bars=bars, levels=levels)
    assert (
        "2 trading days, 2024-03-29 to 2024-03-30; 1 day not traded, since a change of the clock "
        "leaves out the start or end of the Initial Balance"
    ) in " ".join(" ".join(heading(study, "288 combinations")).split())
    later = replace(study, dates=Dates(last=date(2024, 3, 30)))
    assert "not traded" not in " ".join(" ".join(heading(later, "288 combinations")).split())


def test_the_news_filter_and_years_that_it_does_not_know_are_told(finished, tmp_path):
    rule = NewsFilter(enabled=True, before_minutes=3, after_minutes=7)
    settings = finished.outcome.study.settings.model_copy(update={"news_filter": rule})
    outcome = told(finished.outcome, settings=settings, years_without_news=(2024, 2025))
    text = " ".join(text_of(outcome, tmp_path).split())
    assert "from 3 minutes before to 7 after high-impact events in EUR, USD" in text
    assert "no high-impact event of EUR, USD in 2024, 2025" in text


@pytest.mark.parametrize("name", ["summary", "variation_report"])
def test_generated_data_is_called_generated(finished, tmp_path, name):
    bars = replace(finished.outcome.study.bars, generated=True)
    assert "GENERATED SAMPLE DATA" in text_of(told(finished.outcome, bars=bars), tmp_path, name)
    assert "GENERATED" not in text_of(finished.outcome, tmp_path, name)


def test_the_verdict_stands_first_and_counts_the_tries(finished, tmp_path):
    text = text_of(finished.outcome, tmp_path)
    assert text.index("Verdict\n-------") < text.index("The best ten\n------")
    words = " ".join(text.split())
    assert "best of 288 tries" in words
    assert "288 of 288 combinations have at least 10 trades" in words


def test_the_winner_is_shown_with_its_figures_and_parameters(finished, tmp_path):
    run = ReportedRun(finished.outcome, tmp_path)
    text, best = text_of(finished.outcome, tmp_path), run.best
    words = text.split()
    for name, value in run.settings_of(best).items():
        assert words[words.index(name) + 1] == str(value)
    assert f"{best['total_r']:.2f}" in words
    assert record(best) in text, "won, lost and flat beside the win rate"
    profit = sum(trade["profit"] for trade in run.best_trades)
    assert f"{profit:,.2f}" in words, "the profit of the account, lots rounded"


def test_equal_lists_of_trades_are_one_line(finished, tmp_path):
    run = ReportedRun(finished.outcome, tmp_path)
    folds = fold(run)
    rows = [row for rows in folds for row in rows]
    assert sorted(row["rank"] for row in rows) == list(range(1, len(rows) + 1))
    assert len(folds) < len(rows), "some of the grid trade alike"
    for alike in folds[:10]:
        trades = [[trade["entry_time"] for trade in run.trades(row)] for row in alike[:3]]
        assert all(times == trades[0] for times in trades)
    text = text_of(finished.outcome, tmp_path)
    if len(folds[0]) > 1:
        assert f"x{len(folds[0])}" in text
    assert "In what they differ:" in text


def test_few_trades_are_called_too_few(finished, tmp_path):
    best = ReportedRun(finished.outcome, tmp_path).best
    text = text_of(finished.outcome, tmp_path)
    assert ("Too few trades to judge" in text) == (best["total_trades"] < 30)


def test_a_run_without_a_ranked_combination_says_so(finished, tmp_path):
    study = finished.outcome.plan
    strict = replace(study, settings=study.settings.model_copy(update={"min_trades": 10_000}))
    text = text_of(rank(strict, finished.folder / RESULTS), tmp_path)
    assert "0 of 288 combinations have at least 10,000 trades" in text
    assert "No combination is ranked" in text


def test_a_run_that_dropped_rows_says_how_many_it_kept(selected, tmp_path):
    words = " ".join(text_of(selected.outcome, tmp_path).split())
    rows = len(selected.outcome.results)
    assert f"the 5 best overall and of each variation, {rows} rows" in words


def test_the_variation_report_names_the_best_of_each(finished, tmp_path):
    text = text_of(finished.outcome, tmp_path, "variation_report")
    for table in finished.outcome.variations:
        line = next(line for line in text.splitlines() if line.split()[:1] == [table.variation])
        assert f"{table.eligible}" in line.split()
        if table.eligible:
            assert f"{table.total_r[0]:,.2f}" in line.split()
