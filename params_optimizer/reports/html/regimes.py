"""What `--by-regime` found: the winners of each regime, and the test of switching."""

from collections.abc import Mapping, Sequence
from typing import Any

from params_optimizer.reports.html.material import Content, short
from params_optimizer.reports.html.parts import Part, further_part, interval, table_of
from params_optimizer.reports.html.words import KEYS, figure
from params_optimizer.reports.regimes import conclusion, losses


def regimes(content: Content) -> Part:
    """The matrix of winners by regime, and the test of switching between them."""
    days, winners = content["days"], content["winners"]
    where = next((list(one["figures"]) for one in winners if one["figures"]), [])
    words = [
        f"Days sorted by {content['kind']}, from earlier days only: "
        + ", ".join(f"{name} {count:,}" for name, count in days.items())
        + ".",
    ]
    head = [
        "Chosen on",
        "Combination",
        *(f"R on {name.removesuffix(' days')} days" for name in where),
    ]
    rows = [
        [
            one["chosen_on"],
            "too few trades" if one["combination"] is None else f"{one['combination']:,}",
            *(
                figure("total_r", ((one["figures"] or {}).get(name) or {}).get("total_r"))
                for name in where
            ),
        ]
        for one in winners
    ]
    tables = [table_of(head, rows, "In sample: each winner has to look good where it was chosen.")]
    differing = _differing(winners)
    if differing:
        tables.append(table_of(*differing, "The parameters in which the winners differ."))
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
    tone = "open"
    if switched <= 0 or (apart and apart["high"] < 0):
        tone = "bad"
    elif apart and apart["low"] > 0:
        tone = "good"
    return [{"name": "Regimes:", "text": text, "tone": tone}]


def _differing(winners: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]] | None:
    chosen = [one for one in winners if one["params"]]
    keys = [key for key in KEYS if len({str(one["params"][key]) for one in chosen}) > 1]
    if not keys:
        return None
    rows = [[key, *(f"{one['params'][key]}" for one in chosen)] for key in keys]
    return ["Parameter", *(one["chosen_on"] for one in chosen)], rows
