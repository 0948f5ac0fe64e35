"""R14 by hand: sizes in lots, profits in the account's currency."""

from decimal import Decimal

import pytest

from params_optimizer.config import Backtest, Settings
from params_optimizer.strategies.initial_balance.money import Money, money_of
from params_optimizer.strategies.initial_balance.params import ExitReason, Trade

GER40, XAUUSD = Settings().symbols["GER40"], Settings().symbols["XAUUSD"]
ACCOUNT = Backtest()
"""100,000 with 1 % at risk: 1,000 a trade; margin at most 40,000; leverage 20."""


def made(
    entry: float, stop: float, leave: float, *, long: bool = True, reason: ExitReason = "time"
) -> Trade:
    return Trade(0, "OCAE", long, 0, entry, stop, leave, 1, leave, reason, 0.0)


# Lots for GER40: 1,000 / risk; margin carries 40,000 / (entry / 20), so 40 at 20,000.
# Lots for XAUUSD: 1,000 / (risk * 100); margin carries 40,000 / (100 * entry / 20), 4 at 2,000.
SIZES = [
    ("risk decides", GER40, 20_000, 19_950, 20.0),
    ("rounded down to the step", GER40, 20_000, 19_970, 33.3),
    ("just below a step", GER40, 20_000, 19_949.99, 19.9),
    ("at most volume_max", GER40, 1_000, 990, 50.0),
    ("margin decides", GER40, 20_000, 19_990, 40.0),
    ("margin, rounded down", GER40, 18_123.5, 18_113.5, 44.1),
    ("the smallest lot", GER40, 20_000, 10_000, 0.1),
    ("below the smallest lot", GER40, 20_000, 9_999, 0.0),
    ("contract of 100", XAUUSD, 2_000, 1_995, 2.0),
    ("contract of 100, rounded down", XAUUSD, 2_000, 1_993, 1.42),
    ("contract of 100, margin", XAUUSD, 2_000, 1_999, 4.0),
    ("contract of 100, smallest lot", XAUUSD, 2_000, 1_000, 0.01),
]


@pytest.mark.parametrize(
    ("market", "entry", "stop", "volume"), [row[1:] for row in SIZES], ids=[row[0] for row in SIZES]
)
def test_volume_is_what_the_risk_the_step_and_the_margin_allow(market, entry, stop, volume):
    assert money_of(made(entry, stop, entry), market, ACCOUNT).volume == volume
    mirrored = made(entry, 2 * entry - stop, entry, long=False)
    assert money_of(mirrored, market, ACCOUNT).volume == volume


@pytest.mark.parametrize(
    ("long", "entry", "stop", "leave", "profit"),
    [
        (True, 20_000, 19_950, 20_100, 2_000.0),  # 20 lots * 100 points
        (True, 20_000, 19_950, 19_950, -1_000.0),
        (False, 20_000, 20_050, 19_900, 2_000.0),
        (False, 20_000, 20_050, 20_050, -1_000.0),
        (True, 20_000, 19_970, 20_060, 1_998.0),  # 33.3 lots, not 33.33
        (True, 20_000, 20_000 - 10_001, 30_000, 0.0),  # too large for the smallest lot
    ],
)
def test_profit_is_volume_times_move_negated_for_a_short(long, entry, stop, leave, profit):
    money = money_of(made(entry, stop, leave, long=long), GER40, ACCOUNT)
    assert money.profit == pytest.approx(profit, abs=1e-9)


def test_the_contract_size_multiplies_the_profit():
    assert money_of(made(2_000, 1_995, 2_010), XAUUSD, ACCOUNT) == Money(2.0, 2_000.0)


@pytest.mark.parametrize("stop", [19_950, 20_000])
def test_an_invalid_trade_moves_no_money(stop):
    trade = made(20_000, stop, 20_000, reason="invalid")
    assert money_of(trade, GER40, ACCOUNT) == Money(0.0, 0.0)


def test_whole_steps_stay_whole_although_floats_do_not_add_up():
    """0.1 * 3 is 0.30000000000000004 and 1,000 / (1,000 / 0.3) may be 0.2999...: three steps."""
    for tenths in range(1, 501):
        risk = 1_000 / (0.1 * tenths)
        volume = money_of(made(1.0, 1.0 - risk, 1.0), GER40, ACCOUNT).volume
        assert Decimal(repr(volume)) == Decimal(tenths) / 10


def test_a_risk_of_round_prices_is_not_rounded_down_a_step_too_far():
    """1216.97 - 1215.37 is 1.60000000000013...; 10,000 / 160 are 62.5 lots all the same."""
    rich = Backtest(initial_balance=1_000_000.0)
    assert money_of(made(1216.97, 1215.37, 1216.97), XAUUSD, rich).volume == 62.5


@pytest.mark.parametrize(
    ("account", "volume"),
    [
        (Backtest(initial_balance=10_000.0), 2.0),
        (Backtest(risk_pct=0.25), 5.0),
        (Backtest(risk_pct=100.0), 40.0),
        (Backtest(max_margin_pct=5.0), 5.0),
        (Backtest(max_margin_pct=0.05), 0.0),
    ],
)
def test_the_account_settings_decide(account, volume):
    assert money_of(made(20_000, 19_950, 20_000), GER40, account).volume == volume
