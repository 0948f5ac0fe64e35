"""By regime: the best in each kind of market, and whether switching between them pays."""

from collections.abc import Iterator, Mapping, Sequence

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
from params_optimizer.reports.forms import COUNT, SETTING, TEXT, R, figure, short, with_record
from params_optimizer.reports.run_files import Content
from params_optimizer.reports.sections.findings import (
    FEW_DAYS,
    ROWS,
    borders,
    figure_columns,
    has,
    number_column,
    number_of,
    reading,
    schedule_text,
    unit_of,
)
from params_optimizer.reports.sections.section import VALIDATION, Section
from params_optimizer.validation.switching import CONFIDENCE, NO_LABEL

_MEANINGS = {
    "volatility": "the daily range of the last {days} days against that of the last year",
    "trend": "where the closes of the last {days} days lead, and how straight",
    "mixture": "a mixture model of the last {days} days' range and trend",
}
_SIDES = {"one": "One set for all days", "switched": "Switched by regime"}


def blocks_of(content: Content) -> Iterator[Block]:
    """What a finding shows."""
    days = ", ".join(f"{name} {count:,}" for name, count in content["days"].items())
    yield Paragraph(f"Days sorted by {content['kind']}, from earlier days only: {days}.")
    if meaning := _MEANINGS.get(content["kind"]):
        text = meaning.format(days=content.get("recent_days", "recent"))
        yield Paragraph(f"The label of a day is made of the days before it: {text}.")
    for text in _rare(content["days"]):
        yield Paragraph(text)
    if content["coming"] is not None:
        yield Paragraph(f"The next trading day counts as {content['coming']}.")
    winners = content["winners"]
    yield _matrix(content, winners)
    for row in winners:
        if number_of(row) is None:
            min_trades = content["min_trades" if row is winners[-1] else "min_regime_trades"]
            yield Paragraph(
                f"Nothing has {min_trades} trades on {row['chosen_on'].removesuffix(' days')} days."
            )
    if differing := _differing(winners):
        yield differing
    elif len([row for row in winners if row["params"]]) > 1:
        yield Paragraph(f"All of them are the same {unit_of(content)}.")
    borders_by_days = {row["chosen_on"]: row.get("borders") for row in winners}
    yield from borders(borders_by_days, content.get("border", ""))
    yield from _switching(content)
    for text in content.get("notes", ()):
        yield Paragraph(text)


def _rare(days: Mapping[str, int]) -> Iterator[str]:
    """Kinds of days of which little or nothing is known."""
    kinds = {name: count for name, count in days.items() if name != NO_LABEL}
    if missing := [name for name, count in kinds.items() if not count]:
        yield f"No day was {' or '.join(missing)}: nothing is known about it."
    if rare := [name for name, count in kinds.items() if 0 < count < FEW_DAYS]:
        yield f"Few days were {' or '.join(rare)}: what is best there is mostly luck."


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
    competitors = [row for row in winners if row["params"]]
    names = dict.fromkeys(name for row in competitors for name in row["params"])
    rows = [
        {"key": name} | {row["chosen_on"]: row["params"].get(name) for row in competitors}
        for name in names
        if len({str(row["params"].get(name)) for row in competitors}) > 1
    ]
    if not rows:
        return None
    columns = [Column("key", "Parameter", form=TEXT)]
    columns += [Column(row["chosen_on"], row["chosen_on"], form=SETTING) for row in competitors]
    return Table(columns, rows, "In what they differ", preview=ROWS)


def _switching(content: Content) -> Iterator[Block]:
    """The test of switching on days that were not seen."""
    comparison = _compared(content)
    if comparison is None:
        yield Paragraph(
            "The best of each regime is best by construction. Whether switching pays on days that "
            "were not seen: add --walk-forward."
        )
        return
    windows = content["windows"]
    if "in_sample_days" in content:
        yield Paragraph(f"The test: {schedule_text(content, len(windows))}.")
    yield Paragraph(_switched_text(comparison, len(windows)))
    yield _bars(windows)
    rows = [{"choice": text, **with_record(comparison[key])} for key, text in _SIDES.items()]
    columns = [Column("choice", "Out of sample"), *figure_columns()]
    note = "On days that were not seen when the parameters were chosen."
    yield Table(columns, rows, "One set for all days, or one for each kind", note)
    if results := content.get("results"):
        yield _by_regime(results)
    for text in _fallbacks(content, comparison):
        yield Paragraph(text)
    by_side = content.get("borders") or {}
    sides = {text: by_side.get(key) for key, text in _SIDES.items()}
    yield from borders(sides, content.get("border", ""))


def _compared(content: Content) -> Content | None:
    return content["comparison"] if content["windows"] else None


def _switched_text(comparison: Content, windows: int) -> str:
    text = (
        f"Walk-forward over {windows:,} windows: one set of parameters for all days made "
        f"{figure('total_r', comparison['one']['total_r'])} R out of sample, switching by regime "
        f"{figure('total_r', comparison['switched']['total_r'])} R."
    )
    return f"{text} {_judged(comparison)}"


def _judged(comparison: Content) -> str:
    """What the difference says, and what to do."""
    totals = [comparison[name]["total_r"] for name in _SIDES]
    trades = [comparison[name].get("total_trades") for name in _SIDES]
    apart = comparison["difference"]
    if trades == [0, 0]:
        return "Nothing was traded out of sample, so nothing can be said."
    if apart is None:
        return "Switching changed nothing: both made the same trades."
    luck = comparison.get("luck")
    chance = "" if luck is None else f", and no gain in {100 * luck:.0f} %"
    sentences = [
        f"Had the same kind of days come otherwise, the difference could have been anything from "
        f"{apart['low']:,.2f} to {apart['high']:,.2f} R ({100 * CONFIDENCE:.0f} % of "
        f"resamples){chance}.",
        _conclusion(apart["low"], apart["high"]),
        *_losses(*totals),
    ]
    return " ".join(sentences)


def _conclusion(low: float, high: float) -> str:
    """What the interval of the difference in R, switched less one for all, says."""
    if low > 0:
        return "The evidence says that switching helps on days that were not seen."
    if high < 0:
        return "The evidence says that switching does harm: take one set for all."
    return (
        "That is no evidence that switching helps: stay with one set for all, which is chosen from "
        "more days."
    )


def _losses(one_for_all: float, switched: float) -> list[str]:
    """A warning where the totals out of sample, in R, are no gain."""
    if switched <= 0 and one_for_all <= 0:
        return ["And switched or not, it lost on days it had not seen: do not trade it."]
    if switched <= 0:
        return ["Switched, it lost on days it had not seen: do not trade that."]
    return []


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


def _fallbacks(content: Content, comparison: Content) -> Iterator[str]:
    """Days on which there was no choice to switch to, or none at all."""
    idle = sum(window.get("one", 0) is None for window in content["windows"])
    if idle:
        yield (
            f"In {idle} of {len(content['windows'])} windows nothing had {content['min_trades']} "
            f"trades in sample: there was no one for all."
        )
    if comparison.get("unlabelled_days"):
        yield f"On {comparison['unlabelled_days']:,} days without a label the one for all traded."
    if comparison.get("unseen_days"):
        yield (
            f"On {comparison['unseen_days']:,} days of a regime in which nothing had "
            f"{content['min_regime_trades']} trades in sample, the one for all traded."
        )


def _evidence(content: Content) -> Iterator[Bullet]:
    comparison = _compared(content)
    if comparison is None:
        return
    switched, apart = comparison["switched"]["total_r"], comparison["difference"]
    text = (
        f"on days that were not seen, switching parameters with the kind of market made "
        f"{figure('total_r', switched)} R, one set for all days "
        f"{figure('total_r', comparison['one']['total_r'])} R. "
    )
    text += _judged(comparison)
    tone: Tone = "good" if apart and apart["low"] > 0 else "open"
    if switched <= 0 or (apart and apart["high"] < 0):
        tone = "bad"
    yield Bullet("Regimes:", text, tone)


SECTION = Section(
    "regimes",
    "By regime",
    "Regimes",
    has("regimes"),
    reading("regimes", blocks_of),
    VALIDATION,
    evidence=reading("regimes", _evidence),
)
