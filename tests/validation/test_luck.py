"""What stands beside the best rows, from the trades and columns of a whole run by brute force."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kurtosis, norm, skew

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.orchestrator.outcome import rank
from params_optimizer.strategies.initial_balance.reference import backtest
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.luck import (
    NO_NEIGHBOURS,
    NOT_KEPT,
    NOT_POSITIVE,
    kept_plateaus,
    luck_of,
    plateau_score_of,
)

RESULTS = "GER40_full_results.parquet"


def by_the_paper(r: np.ndarray, trials: int, ratios: np.ndarray) -> float:
    """Bailey and Lopez de Prado (2014), equations 1 and 2, per trade."""
    sharpe = r.mean() / r.std(ddof=1)
    gamma, deviation = 0.5772156649015329, np.std(ratios / np.sqrt(252), ddof=1)
    highest = (1 - gamma) * norm.ppf(1 - 1 / trials) + gamma * norm.ppf(1 - 1 / (trials * np.e))
    spread = np.sqrt(1 - skew(r) * sharpe + (kurtosis(r, fisher=False) - 1) / 4 * sharpe**2)
    return float(norm.cdf((sharpe - deviation * highest) * np.sqrt(r.size - 1) / spread))


def column(outcome, name: str) -> np.ndarray:
    return np.concatenate([piece[name] for piece in outcome.results.pieces([name])])


def r_of(outcome, number: int, variation: str | None = None) -> np.ndarray:
    study = outcome.study
    made = backtest(study.bars, study.params(number), study.spread, study.news)
    return np.array([one.r for one in made if variation in (None, one.variation)])


def test_deflated_sharpe_of_the_ranking_is_that_of_the_paper(finished):
    outcome = finished.outcome
    numbers = outcome.ranking.combination[:20].tolist()
    ratios = column(outcome, "sharpe_ratio")[column(outcome, "total_trades") >= 10]
    for number, luck in zip(numbers, luck_of(outcome, ALL, numbers), strict=True):
        expected = by_the_paper(r_of(outcome, number), 288, ratios)
        assert (luck.trials, luck.deflated_sharpe) == (288, pytest.approx(expected, abs=1e-9))


def test_deflated_sharpe_of_a_variation_counts_those_that_are_meant_for_it(finished):
    outcome = finished.outcome
    for table in outcome.variations[:3]:
        prefix = table.variation.lower()
        enough = column(outcome, f"{prefix}_total_trades") >= 10
        meant = {
            "ocae": column(outcome, "tsl_target") > 0,
            "tcwe": (column(outcome, "tsl_target") > 0) & (column(outcome, "rr_target") >= 1),
            "reverse": column(outcome, "stop_mode") == "eq",
        }[prefix]
        ratios = column(outcome, f"{prefix}_sharpe_ratio")[enough & meant]
        number = int(table.combination[0])
        (luck,) = luck_of(outcome, table.variation, [number])
        assert luck.trials == ratios.size == table.eligible
        expected = by_the_paper(r_of(outcome, number, table.variation), ratios.size, ratios)
        assert luck.deflated_sharpe == pytest.approx(expected, abs=1e-9)


def test_a_plateau_is_the_total_r_of_the_neighbours_trades(finished):
    outcome = finished.outcome
    number = int(outcome.ranking.combination[0])
    (found,) = kept_plateaus(outcome, ALL, [number])
    own = outcome.study.grid[number]
    totals = []
    for other in range(288):
        values = outcome.study.grid[other]
        different = [key for key in own if own[key] != values[key]]
        ladder = {
            "trade_window_minutes": (60, 120),
            "rr_target": (0.5, 1.0, 2.0),
            "ib_buffer_pct": (0.05, 0.20),
        }
        if len(different) == 1 and (steps := ladder.get(different[0])):
            key = different[0]
            if abs(steps.index(own[key]) - steps.index(values[key])) == 1:
                totals.append(metrics_of_r(r_of(outcome, other))["total_r"])
    assert found.whole.neighbours == len(totals)
    assert found.whole.mean == pytest.approx(np.mean(totals))
    assert found.whole.worst == pytest.approx(min(totals))
    (luck,) = luck_of(outcome, ALL, [number])
    own_total = metrics_of_r(r_of(outcome, number))["total_r"]
    assert luck.plateau_score == pytest.approx(np.mean(totals) / own_total)


def test_why_there_is_no_plateau_score(finished, selected):
    outcome = finished.outcome
    worst = int(column(outcome, "total_r").argmin())
    assert luck_of(outcome, ALL, [worst])[0].plateau_note == NOT_POSITIVE
    kept = selected.outcome
    best = kept.ranking.combination[:1].tolist()
    assert luck_of(kept, ALL, best)[0][2:] == (None, NOT_KEPT)
    alone = single(outcome, int(outcome.ranking.combination[0]))
    (found,) = kept_plateaus(alone, ALL, [0])
    assert plateau_score_of(found.whole) == (None, NO_NEIGHBOURS)


def single(outcome, number: int):
    """The outcome of a grid that holds one combination only."""
    study = replace(outcome.study, grid=outcome.study.grid.only(number))
    return replace(outcome, plan=study)


def test_few_trades_or_nothing_to_compare_with_give_no_probability(finished):
    """The variance of the trials is unknown where nobody competes."""
    study = finished.outcome.study
    settings = study.settings.model_copy(update={"min_trades": 10_000})
    nobody = rank(replace(study, settings=settings), finished.folder / RESULTS)
    assert luck_of(nobody, ALL, [0])[0].deflated_sharpe is None
    assert luck_of(finished.outcome, "REV_RB", [0])[0].deflated_sharpe is None


def test_a_run_that_dropped_rows_knows_the_same_trials(finished, selected):
    best = finished.outcome.ranking.combination[:5].tolist()
    assert selected.outcome.sharpe == finished.outcome.sharpe
    assert [one.deflated_sharpe for one in luck_of(selected.outcome, ALL, best)] == [
        one.deflated_sharpe for one in luck_of(finished.outcome, ALL, best)
    ]
