"""Walk-forward: chosen anew window after window, traded on the days after each."""

from collections.abc import Iterator, Mapping
from typing import Any

from params_optimizer.reports.blocks import (
    Block,
    Bullet,
    Column,
    Fact,
    Facts,
    Figure,
    Paragraph,
    Table,
)
from params_optimizer.reports.forms import (
    COUNT,
    FEW_TRADES,
    ID,
    SETTING,
    SHARE,
    TEXT,
    figure,
    percent,
    record,
    short,
)
from params_optimizer.reports.labels import PARAMETERS, in_line
from params_optimizer.reports.run_files import Content
from params_optimizer.reports.sections.findings import (
    ROWS,
    borders,
    has,
    number_column,
    number_of,
    of_trials,
    reading,
    sample_columns,
    samples,
    schedule_text,
    unit_of,
)
from params_optimizer.reports.sections.section import VALIDATION, Section

_MAX_EFFICIENCY = 10.0
"""Above it the winners hardly made anything in sample."""


def blocks_of(content: Content) -> Iterator[Block]:
    """What a finding shows."""
    yield Paragraph(_schedule(content))
    yield Facts(list(_facts(content)))
    for text in (*_notes(content), *content["notes"]):
        yield Paragraph(text)
    windows = [_bars(window) for window in content["windows"]]
    label = "R per trading day of each window in and out of sample"
    yield Figure("figure-walk", "walk", label, {"windows": windows}, 340)
    rows = [_window(window) for window in content["windows"]]
    columns = [
        Column("window", "Window", form=ID),
        Column("days", "Out of sample", form=TEXT, width=24),
        Column("count", "Days", form=COUNT),
        number_column(content),
        *sample_columns(),
    ]
    yield Table(columns, rows, "Windows", preview=len(rows))
    yield from borders({"All windows": content.get("borders")}, content.get("border", ""))
    yield from _stability(content)
    for text in _verdict(content):
        yield Paragraph(text)


def _schedule(content: Content) -> str:
    count = f"{content['trials_per_window']:,}"
    method = (
        f"was searched by itself with {count} trials"
        if of_trials(content)
        else f"tried all {count} combinations"
    )
    return (
        f"{schedule_text(content, len(content['windows']))}; each {method} and took the best by "
        f"{in_line(content['metric'])}."
    )


def _facts(content: Content) -> Iterator[Fact]:
    """All out-of-sample trades together."""
    summary, stitched = content["summary"], content["stitched"]
    windows, rate = summary["windows"], percent(summary["positive_window_rate"], 0)
    total = f"{figure('total_r', summary['total_oos_r'])} R"
    if (profit := summary.get("total_oos_profit")) is not None:
        total += f" ({figure('total_profit', profit)} of account currency)"
    yield Fact("Windows with a profit", f"{rate} of {windows}")
    yield Fact(
        "Out of sample",
        f"{total}, {stitched['total_trades']:,} trades on {summary['oos_days']:,} days",
    )
    yield Fact("Win rate", f"{stitched['winrate']:.1f} %: {record(stitched)}")
    yield Fact("Largest drawdown", f"{figure('max_drawdown', stitched['max_drawdown'])} R")
    yield Fact(
        "Sharpe ratio",
        f"{stitched['sharpe_ratio']:.2f} of all trades, {summary['average_oos_sharpe']:.2f} on "
        f"average over windows",
    )
    if (spread := summary.get("std_oos_profit")) is not None:
        yield Fact("Profit of a window", f"varies by {spread:,.0f} (standard deviation)")
    if _says_something(summary["efficiency"]):
        share = percent(summary["efficiency"], 0)
        yield Fact("Efficiency", f"{share} of the in-sample R per trading day")


def _says_something(efficiency: float | None) -> bool:
    return efficiency is not None and abs(efficiency) <= _MAX_EFFICIENCY


def _notes(content: Content) -> Iterator[str]:
    summary = content["summary"]
    if summary["efficiency"] is None:
        yield "The winners earned nothing in sample: there is no efficiency to speak of."
    elif not _says_something(summary["efficiency"]):
        yield "The winners hardly made anything in sample: an efficiency would say little."
    if without := summary["windows"] - summary["windows_with_winner"]:
        yield (
            f"In {without} of {summary['windows']} windows no parameter set competed: nothing "
            f"was traded there."
        )
    if left := content["days_left_over"]:
        yield f"{left} days are left over at the end, too few for a window."


def _window(window: Mapping[str, Any]) -> dict[str, Any]:
    days = window["out_sample_days"]
    return {
        "window": window["window"],
        "days": f"{days['first']} to {days['last']}",
        "count": days["days"],
        "number": number_of(window),
        **samples(window),
    }


def _bars(window: Mapping[str, Any]) -> Content:
    days = window["out_sample_days"]
    bars: Content = {"window": window["window"], "dates": f"{days['first']} to {days['last']}"}
    for side in ("in_sample", "out_sample"):
        total = window[side]["total_r"] if window[side] else None
        bars[f"{side}_total"] = short(total)
        bars[side] = None if total is None else short(total / window[f"{side}_days"]["days"])
    return bars


def _stability(content: Content) -> Iterator[Block]:
    rows = [
        {
            "key": in_line(key) if (key := row["key"]) in PARAMETERS else key,
            **{name: row[name] for name in ("mode", "share", "distinct", "least", "greatest")},
        }
        for row in content["stability"]
    ]
    columns = [
        Column("key", "Parameter"),
        Column("mode", "Most frequent", form=SETTING),
        Column("share", "Share", form=SHARE),
        Column("distinct", "Values", form=COUNT),
        Column("least", "From", form=SETTING),
        Column("greatest", "To", form=SETTING),
    ]
    if rows:
        yield Table(columns, rows, "How the winners' parameters move", preview=ROWS)


def _verdict(content: Content) -> Iterator[str]:
    summary, trades = content["summary"], content["stitched"]["total_trades"]
    if not trades:
        why = "the winners made no trade out of sample; take longer --out-sample-days"
        if not summary["windows_with_winner"]:
            why = (
                f"nothing has {content['min_trades']} trades in sample and meets the constraints; "
                f"take longer windows or lower --min-trades"
            )
        yield f"Nothing was traded in any window: {why}. So nothing can be said."
        return
    if trades < FEW_TRADES:
        yield f"The windows together have {trades:,} trades: too few to judge."
        return
    if summary["total_oos_r"] <= 0:
        yield (
            f"Chosen again and again and traded on days it had not seen, the best "
            f"{unit_of(content)} lost: what it showed in sample did not last, or is too little for "
            f"the costs."
        )
        return
    yield f"On days it had not seen, the best {unit_of(content)} of each window earned money."
    if summary["positive_window_rate"] <= 0.5:
        yield "But in no more than half of the windows: a few lucky days can do that."


def _evidence(content: Content) -> Iterator[Bullet]:
    summary, trades = content["summary"], content["stitched"]["total_trades"]
    few = ", too few to judge" if trades < FEW_TRADES else ""
    text = (
        f"chosen anew {summary['windows']} times and traded on the days after, it made "
        f"{figure('total_r', summary['total_oos_r'])} R in {trades:,} trades{few}, with a profit "
        f"in {percent(summary['positive_window_rate'], 0)} of the windows."
    )
    good = summary["total_oos_r"] > 0 and summary["positive_window_rate"] > 0.5
    yield Bullet("Walk-forward:", text, "open" if few else "good" if good else "bad")


SECTION = Section(
    "walk_forward",
    "Walk-forward",
    "Walk-forward",
    has("walk_forward"),
    reading("walk_forward", blocks_of),
    VALIDATION,
    evidence=reading("walk_forward", _evidence),
)
