"""By regime: the best in each kind of market, and whether switching between them pays."""

from collections.abc import Iterator, Sequence

from params_optimizer.reports.blocks import (
    Block,
    Bullet,
    Column,
    Figure,
    Paragraph,
    Row,
    Table,
    Tone,
)
from params_optimizer.reports.forms import COUNT, SETTING, TEXT, R, figure
from params_optimizer.reports.regimes import conclusion, losses
from params_optimizer.reports.run import Content, ReportedRun, short
from params_optimizer.reports.sections.findings import (
    FIGURES,
    ROWS,
    borders,
    figure_columns,
    has,
    number_column,
    number_of,
    reading,
)
from params_optimizer.reports.sections.section import VALIDATION, Section

_SIDES = {"one": "One set for all days", "switched": "Switched by regime"}


def _blocks(run: ReportedRun, content: Content) -> Iterator[Block]:
    del run
    days = ", ".join(f"{name} {count:,}" for name, count in content["days"].items())
    yield Paragraph(f"Days sorted by {content['kind']}, from earlier days only: {days}.")
    if content["coming"] is not None:
        yield Paragraph(f"The next trading day counts as {content['coming']}.")
    winners = content["winners"]
    yield _matrix(content, winners)
    if differing := _differing(winners):
        yield differing
    each = {row["chosen_on"]: row.get("borders") for row in winners}
    yield from borders(each, content.get("border", ""))
    yield from _switching(content)
    for text in content.get("notes", ()):
        yield Paragraph(text)


def _matrix(content: Content, winners: Sequence[Row]) -> Table:
    """What the winner of each kind of days makes on all kinds."""
    where = next((list(row["figures"]) for row in winners if row["figures"]), [])
    rows = [
        {"chosen_on": row["chosen_on"], "number": number_of(row)}
        | {name: ((row["figures"] or {}).get(name) or {}).get("total_r") for name in where}
        for row in winners
    ]
    columns = [
        Column("chosen_on", "Chosen on"),
        number_column(content),
        *(Column(name, f"R on {name.removesuffix(' days')} days", form=R) for name in where),
    ]
    note = "In sample: each winner has to look good where it was chosen."
    return Table(columns, rows, "The best of each kind of days", note, preview=ROWS)


def _differing(winners: Sequence[Row]) -> Table | None:
    """The parameters in which the winners differ."""
    chosen = [row for row in winners if row["params"]]
    names = dict.fromkeys(name for row in chosen for name in row["params"])
    rows = [
        {"key": name} | {row["chosen_on"]: row["params"].get(name) for row in chosen}
        for name in names
        if len({str(row["params"].get(name)) for row in chosen}) > 1
    ]
    if not rows:
        return None
    columns = [Column("key", "Parameter", form=TEXT)]
    columns += [Column(row["chosen_on"], row["chosen_on"], form=SETTING) for row in chosen]
    return Table(columns, rows, "In what they differ", preview=ROWS)


def _switching(content: Content) -> Iterator[Block]:
    """The test of switching on days that were not seen."""
    found = _compared(content)
    if found is None:
        yield Paragraph(
            "The best of each regime is best by construction. Whether switching pays on days that "
            "were not seen: add --walk-forward."
        )
        return
    windows = content["windows"]
    yield Paragraph(_switched_text(found, len(windows)))
    yield _bars(windows)
    rows = [
        {"choice": text, **{name: found[key].get(name) for name in FIGURES}}
        for key, text in _SIDES.items()
    ]
    columns = [Column("choice", "Out of sample"), *figure_columns()]
    note = "On days that were not seen when the parameters were chosen."
    yield Table(columns, rows, "One set for all days, or one for each kind", note)
    if results := content.get("results"):
        yield _by_regime(results)
    for text in _fallbacks(found):
        yield Paragraph(text)
    each = content.get("borders") or {}
    sides = {text: each.get(key) for key, text in _SIDES.items()}
    yield from borders(sides, content.get("border", ""))


def _compared(content: Content) -> Content | None:
    return content["comparison"] if content["windows"] else None


def _switched_text(found: Content, windows: int) -> str:
    text = (
        f"Walk-forward over {windows:,} windows: one set of parameters for all days made "
        f"{figure('total_r', found['one']['total_r'])} R out of sample, switching by regime "
        f"{figure('total_r', found['switched']['total_r'])} R."
    )
    apart = found["difference"]
    if apart is None:
        return f"{text} Both made the same trades."
    return (
        f"{text} Had the same kind of days come otherwise, the difference could have been anything "
        f"from {apart['low']:,.1f} to {apart['high']:,.1f} R. {_judged(found)}"
    )


def _judged(found: Content) -> str:
    apart, totals = found["difference"], (found[name]["total_r"] for name in _SIDES)
    return " ".join([conclusion(apart["low"], apart["high"]), *losses(*totals)])


def _bars(windows: Sequence[Row]) -> Figure:
    numbers = [f"{window['window']}" for window in windows]
    traces = [
        {
            "type": "bar",
            "name": text.lower(),
            "x": numbers,
            "y": [short(window[f"{key}_total_r"]) for window in windows],
        }
        for key, text in _SIDES.items()
    ]
    data = {"x": "Window, out of sample", "y": "Total R", "traces": traces}
    return Figure("figure-regimes", "traces", "Total R of each window", data, 320)


def _by_regime(results: Sequence[Row]) -> Table:
    rows = [
        {
            "regime": row["regime"],
            "days": row["days"],
            "own_days": row["own_days"],
            **{key: row[key]["total_r"] for key in _SIDES},
        }
        for row in results
        if row["days"]
    ]
    columns = [
        Column("regime", "Regime"),
        Column("days", "Days", form=COUNT),
        Column("own_days", "Days with its own choice", form=COUNT),
        *(Column(key, f"{text}: total R", form=R) for key, text in _SIDES.items()),
    ]
    return Table(columns, rows, "The same by regime", preview=ROWS)


def _fallbacks(found: Content) -> Iterator[str]:
    """Days on which there was no choice to switch to."""
    if found.get("unlabelled_days"):
        yield f"On {found['unlabelled_days']:,} days without a label the one for all traded."
    if found.get("unseen_days"):
        yield (
            f"On {found['unseen_days']:,} days of a regime without a choice of its own in that "
            f"window the one for all traded."
        )


def _evidence(run: ReportedRun, content: Content) -> Iterator[Bullet]:
    del run
    found = _compared(content)
    if found is None:
        return
    switched, apart = found["switched"]["total_r"], found["difference"]
    text = (
        f"on days that were not seen, switching parameters with the kind of market made "
        f"{figure('total_r', switched)} R, one set for all days "
        f"{figure('total_r', found['one']['total_r'])} R. "
    )
    text += "Both made the same trades." if apart is None else _judged(found)
    tone: Tone = "good" if apart and apart["low"] > 0 else "open"
    if switched <= 0 or (apart and apart["high"] < 0):
        tone = "bad"
    yield Bullet("Regimes:", text, tone)


SECTION = Section(
    "regimes",
    "By regime",
    "Regimes",
    has("regimes"),
    reading("regimes", _blocks),
    VALIDATION,
    evidence=reading("regimes", _evidence),
)
