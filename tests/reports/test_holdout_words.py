"""What a holdout says of its winner: nothing of what was not compared."""

import pytest

from params_optimizer.reports.sections.holdout import evidence_of, sentences


def content(total_r=5.0, trades=40, correlation=0.5, eligible=90):
    row = {"out_sample": {"total_r": total_r, "total_trades": trades}}
    return {
        "holdout_from": "2025-04-01",
        "eligible": eligible,
        "rank_correlation": correlation,
        "mean_beaten": 0.62 if eligible > 1 else 0.5,
        "top": [row] if eligible else [],
    }


@pytest.mark.parametrize(
    ("changes", "said", "unsaid"),
    [
        ({}, "1 of the best 1 earned money", ["order did not last", "too few"]),
        ({"correlation": -0.1}, "the order did not last", ["too few", "luck. "]),
        ({"correlation": None}, "earned money", ["order did not last"]),
        ({"total_r": -1.0}, "do not trade it", ["order"]),
        ({"trades": 29}, "29 trades there, too few to judge", ["order", "do not trade"]),
        ({"trades": 1}, "1 trade there, too few to judge", []),
        ({"trades": 0, "total_r": 0.0}, "of these nothing is known", ["do not trade", "order"]),
    ],
)
def test_sentences_fit_what_was_compared(changes, said, unsaid):
    text = " ".join(sentences(content(**changes)))
    assert said in text
    assert not any(words in text for words in unsaid), text


@pytest.mark.parametrize(
    ("changes", "said", "tone"),
    [
        ({}, "beat 62 % of the grid", "good"),
        ({"trades": 29}, "too few to judge", "open"),
        ({"eligible": 1}, "no other parameter set competed.", "open"),
        ({"eligible": 1, "total_r": -3.0}, "no other parameter set competed.", "bad"),
        ({"eligible": 0}, "nothing was chosen", "bad"),
    ],
)
def test_the_evidence_compares_with_others_where_there_are_any(changes, said, tone):
    [bullet] = evidence_of(content(**changes))
    assert said in bullet.text
    assert bullet.tone == tone
    assert ("beat" in bullet.text) == (changes.get("eligible", 90) > 1)
