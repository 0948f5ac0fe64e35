"""Holdout: what the best of the days before a date did from it on."""

from collections.abc import Iterator

from params_optimizer.reports.blocks import Block, Bullet, Column, Figure, Paragraph, Table, Tone
from params_optimizer.reports.forms import (
    COUNT,
    FEW_TRADES,
    ID,
    SHARE,
    Form,
    count_of,
    figure,
    percent,
    short,
)
from params_optimizer.reports.labels import in_line
from params_optimizer.reports.run_files import Content
from params_optimizer.reports.sections.findings import (
    ROWS,
    borders,
    few_days_text,
    has,
    number_column,
    number_of,
    of_trials,
    reading,
    sample_columns,
    samples,
    span_text,
    unit_of,
)
from params_optimizer.reports.sections.section import VALIDATION, Section


def blocks_of(content: Content) -> Iterator[Block]:
    """What a finding shows."""
    top = content["top"]
    yield Paragraph(
        f"Chosen by {in_line(content['metric'])} on {span_text(content['in_sample_days'])}, looked "
        f"at on {span_text(content['out_sample_days'])}. {content['eligible']:,} of "
        f"{content['trials']:,} {unit_of(content)}s had at least {content['min_trades']} trades in "
        f"sample and competed."
    )
    for text in dict.fromkeys((*_order(content), *few_days_text(content), *content["notes"])):
        yield Paragraph(text)
    data = {
        "top": [
            [number_of(row), *(short(row[side]["total_r"]) for side in ("in_sample", "out_sample"))]
            for row in top
        ],
        "unit": unit_of(content),
    }
    label = "Value in sample against value out of sample of the best"
    caption = "Each dot is one of the best of the days before; the big one is the winner."
    yield Figure("figure-holdout", "holdout", label, data, 380, [caption])
    rows = [
        {"rank": row["rank"], "number": number_of(row), "place": row["out_sample_place"]}
        | samples(row)
        for row in top
    ]
    columns = [
        Column("rank", "Rank", form=ID),
        number_column(content),
        *sample_columns(),
        Column("place", "Place out", form=COUNT),
    ]
    yield Table(columns, rows, "The best in sample, and what became of them")
    yield from _decay(content)
    yield from borders({"Winner, out of sample": content.get("borders")}, content.get("border", ""))
    for text in sentences(content):
        yield Paragraph(text)


def _order(content: Content) -> Iterator[str]:
    """Whether the order in sample lasted."""
    correlation, top = content["rank_correlation"], content["top"]
    if content["eligible"] == 1:
        yield "One parameter set competed: there was no other to beat."
        return
    if correlation is None:
        yield "The values of one sample are all equal, so the orders cannot be compared."
    else:
        yield (
            f"The orders in and out of sample have a rank correlation of {correlation:.2f} (1: the "
            f"same order, 0: no relation, -1: reversed)."
        )
    yield (
        f"Out of sample the best {len(top)} beat {_beaten(content)} of the {_rivals(content)} "
        f"on average; chance gives 50 %."
    )


def _beaten(content: Content) -> str:
    share = content["mean_beaten"]
    return "an unknown share" if share is None else percent(share, 0)


def _rivals(content: Content) -> str:
    """All that the best of a holdout were chosen of."""
    return "trials" if of_trials(content) else "grid"


def _decay(content: Content) -> Iterator[Block]:
    """What the averages of the best lost out of sample."""
    rows = [
        {
            "figure": f"{in_line(row['metric'])}{' per day' if row['per_day'] else ''}",
            "in": row["in_sample"],
            "out": row.get("out_sample"),
            "decay": row["decay"],
        }
        for row in content.get("decay", ())
    ]
    if not rows:
        return
    form = Form("number", 4)
    columns = [
        Column("figure", "Average of the best"),
        Column("in", "In sample", form=form),
        Column("out", "Out of sample", form=form),
        Column("decay", "Decay", form=SHARE),
    ]
    note = (
        "Decay is what is lost out of sample: above 0 % the figure fell, below 0 % it rose. "
        "Drawdown and streaks grow with the number of days, so they have none."
    )
    yield Table(columns, rows, "Decay of the averages", note, preview=ROWS)


def sentences(content: Content) -> Iterator[str]:
    """What to think of the winner; nothing is said of what was not compared."""
    top = content["top"]
    if not top:
        return
    results = [row["out_sample"] for row in top]
    earned = sum(result["total_r"] > 0 for result in results)
    yield f"{earned} of the best {len(top)} earned money out of sample, after costs."
    if idle := sum(not result["total_trades"] for result in results):
        yield f"{idle} of them made no trade out of sample: of these nothing is known."
    first, correlation = results[0], content["rank_correlation"]
    if 0 < first["total_trades"] < FEW_TRADES:
        made = count_of(first["total_trades"], "trade")
        yield f"The winner made {made} there, too few to judge."
    elif first["total_trades"] and first["total_r"] <= 0:
        yield "The winner earned nothing on days it had not seen: do not trade it."
    elif first["total_trades"] and correlation is not None and correlation <= 0.0:
        yield (
            "The winner earned money, but the order did not last: that it is more than luck is not "
            "shown."
        )
    yield "This holds for one look: moving the date until it pleases is one more optimisation."


def evidence_of(content: Content) -> Iterator[Bullet]:
    """The line of the verdict."""
    if not content["top"]:
        text = f"no trial had enough trades before {content['holdout_from']}: nothing was chosen."
        yield Bullet("Holdout:", text, "bad")
        return
    first = content["top"][0]["out_sample"]
    few = ", too few to judge" if first["total_trades"] < FEW_TRADES else ""
    text = (
        f"from {content['holdout_from']} on, days it was not chosen on, the winner of the days "
        f"before made {figure('total_r', first['total_r'])} R in {first['total_trades']:,} "
        f"trades{few}"
    )
    if content["eligible"] == 1:
        tone: Tone = "open" if few or first["total_r"] > 0 else "bad"
        yield Bullet("Holdout:", f"{text}; no other parameter set competed.", tone)
        return
    text += (
        f"; the best {len(content['top'])} beat {_beaten(content)} of the {_rivals(content)} there "
        f"on average (chance: 50 %)."
    )
    good = first["total_r"] > 0 and (content["mean_beaten"] or 0.0) > 0.5
    yield Bullet("Holdout:", text, "open" if few else "good" if good else "bad")


SECTION = Section(
    "holdout",
    "Holdout",
    "Holdout",
    has("holdout"),
    reading("holdout", blocks_of),
    VALIDATION,
    evidence=reading("holdout", evidence_of),
)
