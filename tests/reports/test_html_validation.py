"""Files of `--by-regime` and `--robustness` on the page; written by hand as those actions do."""

from copy import deepcopy
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from params_optimizer.errors import DamagedFileError
from params_optimizer.reports.html.words import KEYS
from params_optimizer.storage.sealed import sealed
from tests.reports.pages import approx, copy_of_run, page_of

FIGURES = {"total_r": 12.5, "total_trades": 40}
REGIMES: dict[str, Any] = {
    "kind": "volatility",
    "days": {"low": 20, "high": 39, "no label": 1},
    "winners": [
        {"chosen_on": "low", "combination": None, "params": None, "figures": None},
        {
            "chosen_on": "all days",
            "combination": 7,
            "params": dict.fromkeys(KEYS, 1.0),
            "figures": {"low": {"total_r": -2.5}, "high": {"total_r": 15.0}, "all days": FIGURES},
        },
    ],
    "windows": [{"window": 1, "one_total_r": -3.25, "switched_total_r": 4.75}],
    "comparison": {
        "one": {"total_r": -3.25},
        "switched": {"total_r": 4.75},
        "difference": {"value": 8.0, "low": -1.0, "high": 17.0},
    },
}
BEST: dict[str, Any] = {
    "scope": "all",
    "rank": 1,
    "combination": 7,
    "metrics": {"total_r": 12.5, "sharpe_ratio": 1.5},
    "deflated_sharpe": 0.25,
    "deflated_sharpe_effective": 0.5,
    "plateau_score": None,
    "plateau_note": "its neighbours were not kept",
    "bootstrap_total_r_low": -4.0,
    "bootstrap_total_r_high": 30.0,
    "bootstrap_loss_probability": 0.125,
    "stress": {"as_tested": {"total_r": 12.5}, "spread_x1_5": {"total_r": -1.5}},
}
ROBUSTNESS: dict[str, Any] = {
    "combinations": [BEST, {**BEST, "scope": "TCWE", "combination": 9}],
    "trials": {"all": {"expected_best_effective": 0.125, "effective_trials": 1234.4}},
    "pbo": {"probability": 0.375, "combinations": 288, "blocks": 16},
    "notes": ["A note."],
    "verdict": ["It was examined.", "Conclusion: likely luck. So many tries give that."],
}


def page_with(finished, tmp_path: Path, **content: Any):
    folder = copy_of_run(finished.folder, tmp_path / "run")
    for name, one in content.items():
        (folder / f"GER40_{name}.json").write_text(sealed(one))
    return page_of(finished.outcome, folder)


def test_winners_by_regime_and_the_test_of_switching(finished, tmp_path):
    page = page_with(finished, tmp_path, regimes=REGIMES)
    (lines, *_) = page.tables["validation"]
    assert lines[0] == [
        "Chosen on",
        "Combination",
        "R on low days",
        "R on high days",
        "R on all days",
    ]
    assert lines[1:] == [
        ["low", "too few trades", "-", "-", "-"],
        ["all days", "7", "-2.50", "15.00", "12.50"],
    ]
    words = " ".join(page.words["validation"].split())
    assert "made -3.25 R out of sample, switching by regime 4.75 R" in words
    assert "-1.0 to 17.0 R" in words
    assert "no evidence that switching helps" in words
    assert "no evidence that switching helps" in page.words["verdict"]
    (picture,) = page.data["further"]
    assert [trace["y"] for trace in picture["traces"]] == [[-3.25], [4.75]]
    assert picture["id"] in page.figures


def test_no_winner_in_any_regime(finished, tmp_path):
    nothing = deepcopy(REGIMES)
    nothing["winners"] = nothing["winners"][:1]
    nothing["comparison"]["difference"] = None
    page = page_with(finished, tmp_path, regimes=nothing)
    assert "Both made the same trades" in page.words["validation"]


def test_the_verdict_is_that_of_robustness(finished, tmp_path):
    page = page_with(finished, tmp_path, robustness=ROBUSTNESS)
    lines = [line.strip() for line in page.words["verdict"].splitlines() if line.strip()]
    assert lines == ["Likely luck", "It was examined.So many tries give that."]
    assert page.data["thresholds"]["sharpe_ratio"] == approx(0.125 * sqrt(252))
    assert "1,234 independent tries" in page.words["distribution"]


def test_luck_costs_and_overfitting(finished, tmp_path):
    page = page_with(finished, tmp_path, robustness=ROBUSTNESS)
    luck, costs = page.tables["validation"][:2]
    assert luck[0][4:6] == ["Deflated Sharpe, all tries", "Deflated Sharpe, independent tries"]
    assert luck[1][:6] == ["1", "7", "12.50", "1.50", "25.0 %", "50.0 %"]
    assert luck[1][6:] == ["-", "-4.0 to 30.0", "12.5 %"]
    assert "No plateau score of 1, TCWE: its neighbours" in page.words["validation"]
    assert luck[2][:2] == ["TCWE", "9"]
    assert costs[0] == ["Worse costs and fills", "Winner", "TCWE"]
    assert costs[2] == ["spread × 1.5", "-1.50", "-1.50"]
    assert "37.5 %, over 288 combinations" in page.words["validation"]


@pytest.mark.parametrize("name", ["regimes", "robustness"])
@pytest.mark.parametrize("content", [{}, {"combinations": [], "winners": 3, "trials": []}])
def test_files_of_another_form_are_named(finished, tmp_path, name, content):
    with pytest.raises(DamagedFileError, match=rf"GER40_{name}\.json"):
        page_with(finished, tmp_path, **{name: content})
