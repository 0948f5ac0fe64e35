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
from params_optimizer.reports.html.words import KEYS, figure, setting
from params_optimizer.reports.regimes import conclusion, losses


def regimes(content: Content) -> Part:
    """The matrix of winners by regime, and the test of switching between them."""
    return _of_search(content) if searched(content) else _of_grid(content)


def _of_grid(content: Content) -> Part:
    words = [_sorted_days(content["kind"], content["days"])]
    tables = _winner_tables(content["winners"], "Combination", KEYS)
    windows = content.get("windows") or []
    pictures: list[Content] = []
    if windows:
        numbers = [f"{one['window']}" for one in windows]
        pictures.append(
            {
                "id": "figure-regimes",
                "x": "Window, out of sample",
                "y": "Total R",
                "traces": [
                    {
                        "type": "bar",
                        "name": name,
                        "x": numbers,
                        "y": [short(one[key]) for one in windows],
                    }
                    for name, key in (
                        ("one set for all days", "one_total_r"),
                        ("switched by regime", "switched_total_r"),
                    )
                ],
            }
        )
        words.append(_switching(content["comparison"], len(windows)))
    return further_part("regimes", "By regime", words, tables, pictures)


def _of_search(content: Content) -> Part:
    found = content["regimes"]
    days = {one["regime"]: one["days"] for one in found[:-1]}  # the last one is all of them
    if content["unlabelled_days"]:
        days["no label"] = content["unlabelled_days"]
    words = [_sorted_days(content["kind"], days)]
    if content["coming"] is not None:
        words.append(f"The next trading day counts as {content['coming']}.")
    winners = [{**one, "chosen_on": one["regime"]} for one in found]
    keys = list(dict.fromkeys(key for one in found for key in one["params"] or ()))
    tables = _winner_tables(winners, "Trial", keys)
    borders = {one["regime"]: one["borders"] for one in found}
    tables += border_table(borders, content["border"])
    if switching := content["switching"]:
        words.append(_switched_words(switching))
        tables.append(_switched_table(switching))
        each = switching["borders"] or {}
        named = {text: each.get(key) for key, text in _SIDES.items()}
        tables += border_table(named, content["border"])
    words += content["notes"]
    return further_part("regimes", "By regime", words, tables, [])


_SIDES = {"one": "One set for all days", "switched": "Switched by regime"}
_SIDE_METRICS = ("total_r", "total_trades", "winrate", "sharpe_ratio", "max_drawdown")


def _switched_words(found: Content) -> str:
    text = (
        f"Walk-forward over {found['windows']:,} windows, {found['days']:,} days out of sample, on "
        f"{found['different_days']:,} of which the two traded different parameters: one set for "
        f"all days made {figure('total_r', found['one']['total_r'])} R, switching by regime "
        f"{figure('total_r', found['switched']['total_r'])} R."
    )
    if apart := found["difference"]:
        reach = interval(apart["low"], apart["high"])
        text += (
            f" Had the same kind of days come otherwise, the difference could have been anything "
            f"from {reach} R."
        )
    return f"{text} {found['conclusion']}"


def _switched_table(found: Content) -> Content:
    rows = [
        [text, *(figure(name, found[key][name]) for name in _SIDE_METRICS)]
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
    if searched(content):
        return _search_in_short(content["switching"])
    if not content["windows"]:
        return []
    found = content["comparison"]
    one, switched, apart = (
        found["one"]["total_r"],
        found["switched"]["total_r"],
        found["difference"],
    )
    text = (
        f"on days that were not seen, switching parameters with the kind of market made "
        f"{figure('total_r', switched)} R, one combination for all days "
        f"{figure('total_r', one)} R. "
    )
    text += "Both made the same trades." if apart is None else _judged(found)
    return [{"name": "Regimes:", "text": text, "tone": _tone(switched, apart)}]


def _search_in_short(found: Content | None) -> list[Content]:
    if found is None:
        return []
    switched, apart = found["switched"]["total_r"], found["difference"]
    text = (
        f"on days that were not seen, switching parameters with the kind of market made "
        f"{figure('total_r', switched)} R, one set for all days "
        f"{figure('total_r', found['one']['total_r'])} R. {found['conclusion']}"
    )
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
