"""The plain words say what the evidence says, and no more."""

from dataclasses import replace

import pytest

from params_optimizer.reports.verdict import Evidence, conclusion, quick_evidence, sentences
from params_optimizer.validation.bootstrap import Bootstrap, Interval
from params_optimizer.validation.plateau import Neighbourhood, Plateau
from params_optimizer.validation.selection_bias import Pbo
from params_optimizer.validation.survivors import Survivors

UNIT = Interval(40.0, 5.0, 80.0)
GOOD = Evidence(
    trials=34_560,
    total_r=60.0,
    sharpe=2.5,
    deflated=0.96,
    expected_best=1.8,
    stressed={"spread_x2": 40.0, "pessimistic": 45.0, "slippage": 55.0},
    plateau=Plateau(Neighbourhood(60.0, 7, 54.0, 40.0), {}),
    overtakes=False,
    effective=500.0,
    deflated_effective=0.98,
    expected_best_effective=1.5,
    bootstrap=Bootstrap(UNIT, UNIT, UNIT, 0.01, 1.0, 10_000),
    pbo=Pbo("sample", 16, 10_000, 5, 0.05, 0.01, 0.1, -0.1),
    survivors=(
        Survivors(1.0, 34_560, 9_000, 70.0),
        Survivors(2.0, 34_560, 3_000, 50.0),
    ),
)
SKILL = "Conclusion: the result is better than what so many tries give by luck"
LUCK = "Conclusion: not shown to be more than luck"

CASES = {
    "skill": ({}, SKILL, ["significant", "3,000 still do"], ["not significant", "lone peak"]),
    "luck": ({"deflated_effective": 0.5}, LUCK, ["50.0 % (not significant)"], []),
    "drawing lots": (
        {"pbo": GOOD.pbo._replace(probability=0.6)},
        LUCK,
        ["no better than drawing lots"],
        [],
    ),
    "a good rank among losers": (
        {"pbo": GOOD.pbo._replace(loss_probability=0.985)},
        SKILL,
        ["ranks hold, but the money does not", "in 98.5 % of the splits it loses money"],
        ["means something"],
    ),
    "an order that lasts": (
        {},
        SKILL,
        ["choosing by past results means something"],
        ["ranks hold", "the better the past result"],
    ),
    "nothing earned": (
        {
            "total_r": -3.0,
            "survivors": (Survivors(1.0, 100, 0, -3.0), Survivors(2.0, 100, 0, -9.0)),
        },
        "Conclusion: the winner does not earn its costs",
        ["After costs none of 100 combinations earned anything."],
        ["lone peak"],
    ),
    "only at the assumed costs": (
        {"survivors": (Survivors(1.0, 100, 16, 1.6), Survivors(2.0, 100, 0, -9.0))},
        SKILL,
        ["16 of 100 combinations end above 0 R, the best with 1.60 R; at twice the spread none"],
        ["survives"],
    ),
    "a winner that others survive": (
        {"stressed": {**GOOD.stressed, "spread_x2": -1.0}},
        "Conclusion: the winner does not survive twice the spread; do not trade it.",
        [],
        [],
    ),
    "slippage first": (
        {"stressed": {"spread_x2": -1.0, "pessimistic": -2.0, "slippage": -0.5}},
        "Conclusion: the winner does not survive one tick of slippage; do not trade it.",
        ["the winner ends at -2.00 R instead of 60.00 R"],
        [],
    ),
    "luck is not shown either": (
        {"deflated_effective": 0.94},
        LUCK,
        ["confidence is 94.0 %, below 95 %; that does not show that it is luck"],
        ["likely luck"],
    ),
    "as much as luck": (
        {"deflated_effective": 0.3, "sharpe": 1.4},
        LUCK,
        ["Luck alone is expected to show as much in so many tries."],
        ["does not show"],
    ),
    "one try": ({"trials": 1}, "Conclusion: nothing was chosen", ["no luck of choosing"], []),
    "no trade": ({"total_trades": 0}, "Conclusion: the winner makes no trade", [], []),
    "a sample of a space": (
        {
            "sampled": True,
            "foreign": True,
            "noun": "parameter sets",
            "survivors": (
                Survivors(1.0, 90, 30, 70.0, drawn=True),
                Survivors(2.0, 90, 9, 50.0, drawn=True),
            ),
        },
        SKILL,
        ["parameter sets, drawn from the space", "from a space that amounts to", "look ahead."],
        ["grid"],
    ),
    "twice the costs of a sample": (
        {"survivors": (Survivors(1.0, 900, 30, 70.0), Survivors(2.0, 90, 9, 50.0, drawn=True))},
        SKILL,
        ["30 of 900 combinations end above 0 R", "9 of 90 combinations, drawn from the space"],
        ["still"],
    ),
    "nobody with enough trades": (
        {"survivors": (Survivors(1.0, 0, 0, None), Survivors(2.0, 0, 0, None))},
        SKILL,
        ["None of the combinations has enough trades"],
        ["earned anything"],
    ),
    "few trades": (
        {"total_trades": 29},
        "Conclusion: too few trades to tell skill from luck.",
        [],
        [],
    ),
    "a trap": ({"overtakes": True}, SKILL, ["Beware: its first trailing step"], []),
    "too few trades": (
        {"deflated": None, "deflated_effective": None},
        "Conclusion: too few trades to tell skill from luck.",
        ["too few to say how much"],
        [],
    ),
    "a lone peak": (
        {"plateau": Plateau(Neighbourhood(60.0, 7, 6.0, -4.0), {})},
        SKILL,
        ["It is a lone peak: its 7 neighbours in the grid make 6.00 R", "the worst -4.00 R"],
        [],
    ),
    "variations": (
        {"variations": {"OCAE": 0.99, "TCWE": 0.4, "REV_RB": None}},
        SKILL,
        ["after all that was tried, the best of OCAE is significant."],
        [],
    ),
    "no variation": (
        {"variations": {"OCAE": 0.4}},
        SKILL,
        ["the best of OCAE is not shown to be more than luck"],
        ["each variation"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_words_fit_the_evidence(case):
    changes, last, said, unsaid = CASES[case]
    found = sentences(replace(GOOD, **changes))
    text = " ".join(found)
    assert found[-1].startswith(last)
    assert all(one in text for one in said), text
    assert not any(one in text for one in unsaid), text


def test_an_interval_with_zero_in_it_is_told():
    total = Interval(10.0, -5.0, 25.0)
    wide = GOOD.bootstrap._replace(total_r=total, loss_probability=0.12)
    text = " ".join(sentences(replace(GOOD, bootstrap=wide)))
    assert "between -5.0 and 25.0 R (95 %), and with a chance of 12.0 %" in text


def test_what_was_not_examined_is_not_told():
    plain = replace(
        GOOD, effective=None, deflated_effective=None, bootstrap=None, pbo=None, survivors=None
    )
    text = " ".join(sentences(plain))
    assert "This is the best of 34,560 tries on the same days. Tries" in text
    assert "about 1.80 by luck alone; the winner shows 2.50" in text
    assert "96.0 % (significant)" in text
    assert "splits" not in text
    assert conclusion(replace(plain, deflated=0.9)).startswith(LUCK)
    lost = replace(plain, total_r=-1.0)
    assert conclusion(lost) == "Conclusion: the winner does not earn its costs; do not trade it."


def test_every_run_has_the_quick_evidence(finished, selected):
    for run in (finished, selected):
        outcome = run.outcome
        best = outcome.rows(outcome.ranking.combination[:1].tolist())[0]
        found = quick_evidence(outcome, best)
        assert (found.trials, found.total_r) == (288, best["total_r"])
        assert found.stressed["as_tested"] == pytest.approx(best["total_r"])
        assert 0 < found.deflated < 1
        assert found.expected_best > 0
        assert sentences(found)
