"""The two text files of a run: what stands in them, for every kind of run."""

from dataclasses import replace

import pytest

from params_optimizer.config import NewsFilter
from params_optimizer.orchestrator.outcome import rank
from params_optimizer.reports.subject import heading
from params_optimizer.reports.summary import summary, variation_report, verdict

RESULTS = "GER40_full_results.parquet"


def told(outcome, **changes):
    """The outcome of a study that differs in some fields."""
    return replace(outcome, plan=replace(outcome.study, **changes))


def settings_of(outcome, **changes):
    return outcome.study.settings.model_copy(update=changes)


def test_the_files_hold_the_texts(finished):
    for name, text in (("summary", summary), ("variation_report", variation_report)):
        path = finished.folder / f"GER40_{name}.txt"
        assert path.read_text(encoding="utf-8") == text(finished.outcome)


def test_the_heading_says_what_was_searched_on_which_days_at_which_costs(finished):
    assert heading(finished.outcome.study) == [
        "GER40: Initial Balance strategy, 288 combinations",
        "",
        "trading days   60 (2025-02-24 to 2025-05-16)",
        "spread         1.5 points, half paid at the entry, half at a time exit",
        "news filter    off",
        "money          1,000 at risk per trade, no compounding",
    ]


def test_the_heading_tells_of_the_news_filter_and_of_years_that_it_does_not_know(finished):
    rule = NewsFilter(enabled=True, before_minutes=3, after_minutes=7)
    settings = settings_of(finished.outcome, news_filter=rule)
    outcome = told(finished.outcome, settings=settings, years_without_news=(2024, 2025))
    text = "\n".join(heading(outcome.study))
    assert "from 3 minutes before to 7 after high-impact events in EUR, USD" in text
    assert "WARNING: the calendar has no such event in 2024, 2025" in text


@pytest.mark.parametrize("report", [summary, variation_report])
def test_generated_data_is_called_generated(finished, report):
    bars = replace(finished.outcome.study.bars, generated=True)
    assert "GENERATED SAMPLE DATA" in report(told(finished.outcome, bars=bars))
    assert "GENERATED" not in report(finished.outcome)


def test_a_spread_of_ones_own_is_shown(finished):
    assert "spread         2.25 points" in summary(told(finished.outcome, spread=2.25))


def test_the_best_ten_stand_in_order_with_their_figures(finished):
    outcome, lines = finished.outcome, summary(finished.outcome).splitlines()
    begin = next(place for place, line in enumerate(lines) if line.split()[:1] == ["#"])
    rows = outcome.rows(outcome.ranking.combination[:10].tolist())
    for place, (line, row) in enumerate(zip(lines[begin + 1 :], rows, strict=False), start=1):
        shown = [float(cell) for cell in line.split()]
        wanted = [place, row["combination"], outcome.ranking.score[place - 1], row["total_r"]]
        wanted += [row["total_trades"], row["winrate"], row["sharpe_ratio"], row["max_drawdown"]]
        assert shown == pytest.approx(wanted, abs=0.051)
    assert lines[begin + 11] == ""


def test_the_winner_is_shown_with_all_its_parameters(finished):
    text, outcome = summary(finished.outcome), finished.outcome
    best = outcome.rows(outcome.ranking.combination[:1].tolist())[0]
    words = text.split()
    assert f"Best: combination {best['combination']}, score {outcome.ranking.score[0]:.4f}" in text
    for key, value in outcome.study.grid[best["combination"]].items():
        assert words[words.index(key) + 1] == str(value)
    for figure in (f"{best['total_r']:.2f}", f"{best['total_profit']:,.0f}"):
        assert figure in words


def test_the_verdict_counts_the_tries(finished):
    outcome = finished.outcome
    best = outcome.rows(outcome.ranking.combination[:1].tolist())[0]
    text = " ".join(verdict(outcome, best))
    assert "best of 288 tries" in text
    assert "Conclusion:" in text
    first, *_ = verdict(outcome, {**best, "total_r": 0.0})
    assert first == "Not even the top-ranked combination earns its costs on these days."
    assert " ".join(summary(outcome).split()).endswith(text)


def test_a_run_without_a_ranked_combination_says_so(finished):
    settings = settings_of(finished.outcome, min_trades=10_000)
    empty = rank(replace(finished.outcome.study, settings=settings), finished.folder / RESULTS)
    text = summary(empty)
    assert "0 of 288 combinations have at least 10000 trades and were ranked." in text
    assert "No combination has enough trades" in text
    assert "Best" not in text
    assert variation_report(empty).count("no combination that is meant for it has enough") == 4


def test_a_run_that_dropped_rows_says_how_many_it_kept(selected):
    text = summary(selected.outcome)
    kept = len(selected.outcome.results)
    assert f"the 5 best overall and of each variation, {kept} rows" in text
    assert "288 of 288 combinations have at least 10 trades and were ranked." in text
    assert "The best 5 " in text


def test_the_variation_report_names_the_best_of_each(finished):
    text = variation_report(finished.outcome)
    for table in finished.outcome.variations:
        block = text.split(f"\n{table.variation}\n")[1].split("\n\n")[0]
        if not table.eligible:
            assert "no combination that is meant for it" in block
            continue
        assert f"eligible combinations   {table.eligible}, of which {table.profitable}" in block
        assert f"mean total R            {table.mean_total_r:,.2f}" in block
        assert f"combination {table.combination[0]}: {table.total_r[0]:,.2f} R in" in block
        values = finished.outcome.study.grid[int(table.combination[0])]
        assert ", ".join(f"{key}={value}" for key, value in values.items()) in block
