"""R10 on lists short enough to count by hand."""

from math import sqrt

import pytest

YEAR = sqrt(252)
NAMES = [
    "total_r",
    "total_trades",
    "winning_trades",
    "losing_trades",
    "winrate",
    "avg_trade_r",
    "sharpe_ratio",
    "sortino_ratio",
    "profit_factor",
    "max_drawdown",
    "calmar_ratio",
    "avg_r_wins",
    "avg_r_losses",
    "max_consec_wins",
    "max_consec_losses",
]
NOTHING = dict.fromkeys(NAMES, 0)
ONE_WIN = {
    "total_r": 2,
    "total_trades": 1,
    "winning_trades": 1,
    "winrate": 100,
    "avg_trade_r": 2,
    "avg_r_wins": 2,
    "max_consec_wins": 1,
}
ONE_LOSS = {
    "total_r": -1,
    "total_trades": 1,
    "losing_trades": 1,
    "avg_trade_r": -1,
    "avg_r_losses": -1,
    "max_consec_losses": 1,
}

WHOLE = [
    pytest.param([], {}, id="no trade: every figure is 0"),
    pytest.param([2.0], ONE_WIN, id="one win: no Sharpe, no Sortino, no drawdown"),
    pytest.param([-1.0], ONE_LOSS, id="one loss: the first trade is the first peak"),
    pytest.param([0.0], {"total_trades": 1}, id="one trade of R 0 is neither won nor lost"),
    pytest.param(
        [1.0, -1.0, 2.0, -3.0, 0.0, 1.0],  # cumulative 1, 0, 2, -1, -1, 0
        {
            "total_r": 0,
            "total_trades": 6,
            "winning_trades": 3,
            "losing_trades": 2,
            "winrate": 60,
            "profit_factor": 1,
            "max_drawdown": 3,
            "avg_r_wins": 4 / 3,
            "avg_r_losses": -2,
            "max_consec_wins": 1,
            "max_consec_losses": 1,
        },
        id="a bit of everything",
    ),
    pytest.param(
        [2.0, -1.0, -2.0, 3.0],  # mean 1/2; deviation sqrt(17/3), of the losses sqrt(1/2)
        {
            "total_r": 2,
            "total_trades": 4,
            "winning_trades": 2,
            "losing_trades": 2,
            "winrate": 50,
            "avg_trade_r": 0.5,
            "sharpe_ratio": 0.5 / sqrt(17 / 3) * YEAR,
            "sortino_ratio": 0.5 / sqrt(1 / 2) * YEAR,
            "profit_factor": 5 / 3,
            "max_drawdown": 3,
            "calmar_ratio": 2 / 3,
            "avg_r_wins": 2.5,
            "avg_r_losses": -1.5,
            "max_consec_wins": 1,
            "max_consec_losses": 2,
        },
        id="every ratio",
    ),
]

SINGLE = [
    # figure, R values, expected
    ("sharpe_ratio", [0.5, 0.5, 0.5], 0),  # no deviation
    ("sharpe_ratio", [0.5, 0.5 + 1e-7], 0),  # one below 1e-6 counts as none
    ("sharpe_ratio", [0.5, 0.5 + 1e-5], 0.500005 / (1e-5 / sqrt(2)) * YEAR),
    ("sharpe_ratio", [-1.0, -2.0], -1.5 / sqrt(1 / 2) * YEAR),
    ("sortino_ratio", [1.0, 2.0], 999),  # nothing lost
    ("sortino_ratio", [0.0, 0.0], 0),
    ("sortino_ratio", [1.0, 0.0], 999),
    ("sortino_ratio", [3.0, -1.0], 0),  # the deviation of one loss is not defined
    ("sortino_ratio", [3.0, -1.0, -1.0], 0),  # that of two equal ones is zero
    ("sortino_ratio", [3.0, -1.0, -1.0 - 1e-7], 0),
    ("sortino_ratio", [0.0, -1.0, -2.0], -1 / sqrt(1 / 2) * YEAR),
    ("profit_factor", [1.0, 2.0], 0),  # without loss
    ("profit_factor", [1.0, -1e-10], 0),  # as good as without
    ("profit_factor", [-1.0, -2.0], 0),
    ("profit_factor", [3.0, -1.0, -1.0], 1.5),
    ("max_drawdown", [1.0, 2.0, 0.0], 0),
    ("max_drawdown", [-5.0, 1.0], 0),  # the peak begins with the first trade, not at 0
    ("max_drawdown", [-5.0, -1.0, 1.0], 1),
    ("max_drawdown", [2.0, -1.0, 3.0, -2.0, -1.0, 4.0], 3),
    ("calmar_ratio", [2.0, 1.0], 0),  # without drawdown
    ("calmar_ratio", [2.0, -1e-10, 1.0], 0),  # as good as without
    ("calmar_ratio", [1.0, -2.0], -0.5),
    ("winrate", [0.0, 0.0], 0),
    ("winrate", [1.0, 0.0, -1.0, 0.0], 50),  # R = 0 does not count
    ("avg_trade_r", [1.0, 0.0, -1.0, 2.0], 0.5),  # but it does here
    ("avg_r_wins", [-1.0, 0.0], 0),
    ("avg_r_losses", [1.0, 0.0], 0),
    ("max_consec_wins", [1.0, 1.0, -1.0, 1.0], 2),
    ("max_consec_wins", [1.0, 1.0, 0.0, 1.0, 1.0, 1.0], 3),  # R = 0 ends the streak
    ("max_consec_losses", [-1.0, -1.0, 0.0, -1.0], 2),
    ("max_consec_losses", [1.0, -1.0, -1.0, -1.0], 3),
]


@pytest.mark.parametrize(("r_values", "expected"), WHOLE)
def test_whole(figures, r_values, expected):
    got = figures(r_values)
    assert list(got) == NAMES
    assert got == pytest.approx(NOTHING | expected, rel=1e-12, abs=0)


@pytest.mark.parametrize(("name", "r_values", "expected"), SINGLE)
def test_single(figures, name, r_values, expected):
    assert figures(r_values)[name] == pytest.approx(expected, rel=1e-6, abs=1e-9)
