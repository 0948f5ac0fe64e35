"""What `--by-regime` found: the winners of each regime, and the test of switching."""

from collections.abc import Mapping, Sequence
from typing import Any

from params_optimizer.reports.html.material import Content, short
from params_optimizer.reports.html.parts import (
    Part,
    border_table,
    further_part,
    interval,
    searched,
    shown_number,
    table_of,
)
from params_optimizer.reports.html.words import figure, setting
from params_optimizer.reports.regimes import conclusion, losses


def regimes(content: Content) -> Part:
    """The matrix of winners by regime, and the test of switching between them."""
    winners = content["winners"]
    unit = "Trial" if searched(content) else "Combination"
    keys = list(dict.fromkeys(key for winner in winners for key in winner["params"] or ()))
    words = [_sorted_days(content["kind"], content["days"])]
    if content.get("coming") is not None:
        words.append(f"The next trading day counts as {content['coming']}.")
    tables = _winner_tables(winners, unit, keys)
    border = content.get("border", "")
    tables += border_table({row["chosen_on"]: row.get("borders") for row in winners}, border)
    windows = content["windows"]
    if windows:
        words.append(_switching(content["comparison"], len(windows)))
        tables.append(_switched_table(content["comparison"]))
        sides = content.get("borders") or {}
        named = {text: sides.get(key) for key, text in _SIDES.items()}
        tables += border_table(named, border)
    pictures = [_picture(windows)] if windows else []
    return further_part("regimes", "By regime", words, tables, pictures)


def _picture(windows: Sequence[Content]) -> Content:
    numbers = [f"{window['window']}" for window in windows]
    sides = {"one set for all days": "one_total_r", "switched by regime": "switched_total_r"}
    return {
        "id": "figure-regimes",
        "x": "Window, out of sample",
        "y": "Total R",
        "traces": [
            {
                "type": "bar",
                "name": name,
                "x": numbers,
                "y": [short(window[key]) for window in windows],
            }
            for name, key in sides.items()
        ],
    }


_SIDES = {"one": "One set for all days", "switched": "Switched by regime"}
_SIDE_METRICS = ("total_r", "total_trades", "winrate", "sharpe_ratio", "max_drawdown")


def _switched_table(found: Content) -> Content:
    rows = [
        [text, *(figure(name, found[key].get(name)) for name in _SIDE_METRICS)]
        for key, text in _SIDES.items()
    ]
    head = ["Out of sample", "Total R", "Trades", "Win %", "Sharpe", "Drawdown, R"]
    return table_of(head, rows, "On days that were not seen when the parameters were chosen.")


def _sorted_days(kind: str, days: Mapping[str, int]) -> str:
    told = ", ".join(f"{name} {count:,}" for name, count in days.items())
    return f"Days sorted by {kind}, from earlier days only: {told}."


def _winner_tables(
    winners: Sequence[Mapping[str, Any]], unit: str, keys: Sequence[str]
) -> list[Content]:
    """What the winner of each kind of days makes on all kinds, and where they differ."""
    where = next((list(one["figures"]) for one in winners if one["figures"]), [])
    head = ["Chosen on", unit, *(f"R on {name.removesuffix(' days')} days" for name in where)]
    rows = [
        [
            one["chosen_on"],
            shown_number(one),
            *(
                figure("total_r", ((one["figures"] or {}).get(name) or {}).get("total_r"))
                for name in where
            ),
        ]
        for one in winners
    ]
    tables = [table_of(head, rows, "In sample: each winner has to look good where it was chosen.")]
    if differing := _differing(winners, keys):
        tables.append(table_of(*differing, "The parameters in which the winners differ."))
    return tables


def _switching(found: Mapping[str, Any], windows: int) -> str:
    """What became of switching parameters with the regime on days that were not seen."""
    text = (
        f"Walk-forward over {windows} windows: one set of parameters for all days made "
        f"{figure('total_r', found['one']['total_r'])} R out of sample, switching by regime "
        f"{figure('total_r', found['switched']['total_r'])} R."
    )
    apart = found["difference"]
    if apart is None:
        return f"{text} Both made the same trades."
    reach = interval(apart["low"], apart["high"])
    return (
        f"{text} Had the same kind of days come otherwise, the difference could have been "
        f"anything from {reach} R. {_judged(found)}"
    )


def _judged(found: Mapping[str, Any]) -> str:
    """What the terminal concludes of the same figures."""
    apart, totals = found["difference"], (found[name]["total_r"] for name in ("one", "switched"))
    return " ".join([conclusion(apart["low"], apart["high"]), *losses(*totals)])


def regimes_in_short(content: Content) -> list[Content]:
    """The test of switching as evidence; nothing where there was no window to test it in."""
    if not content["windows"]:
        return []
    found = content["comparison"]
    switched, apart = found["switched"]["total_r"], found["difference"]
    text = (
        f"on days that were not seen, switching parameters with the kind of market made "
        f"{figure('total_r', switched)} R, one set for all days "
        f"{figure('total_r', found['one']['total_r'])} R. "
    )
    text += "Both made the same trades." if apart is None else _judged(found)
    return [{"name": "Regimes:", "text": text, "tone": _tone(switched, apart)}]


def _tone(switched: float, apart: Mapping[str, float] | None) -> str:
    if switched <= 0 or (apart and apart["high"] < 0):
        return "bad"
    return "good" if apart and apart["low"] > 0 else "open"


def _differing(
    winners: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> tuple[list[str], list[list[str]]] | None:
    chosen = [one for one in winners if one["params"]]
    keys = [key for key in names if len({str(one["params"].get(key)) for one in chosen}) > 1]
    if not keys:
        return None
    rows = [[key, *(setting(one["params"].get(key)) for one in chosen)] for key in keys]
    return ["Parameter", *(one["chosen_on"] for one in chosen)], rows
