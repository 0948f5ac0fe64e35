"""What a trader should make of the winner."""

from collections.abc import Iterator

from params_optimizer.reports.blocks import Block, Bullet, Bullets, Headline, Paragraph, Tone
from params_optimizer.reports.forms import FEW_TRADES, count_of, figure
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.robustness import judged
from params_optimizer.reports.sections.section import Section, always
from params_optimizer.reports.sections.validations import VALIDATIONS

_CONCLUSION = "Conclusion: "


def blocks(run: ReportedRun) -> Iterator[Block]:
    """The conclusion, the sentences it rests on, and what other days say."""
    if run.best is None:
        yield Headline(f"No {run.unit} is ranked", "bad")
        for text in (run.ranked_text, *filter(None, run.verdict())):
            yield Paragraph(text.strip())
        return
    sentences = judged(run) or run.verdict()
    headline, sentences = _headline(run, sentences)
    yield headline
    for text in (*_few(run), *sentences):
        yield Paragraph(text)
    if evidence := list(_evidence(run)):
        yield Bullets(evidence)


def _headline(run: ReportedRun, sentences: list[str]) -> tuple[Headline, list[str]]:
    """The conclusion in a few words, and the sentences without it."""
    best = run.best or {}
    total, tone = best["total_r"], "open"
    text = f"The best of {run.tried:,} tries made {figure('total_r', total)} R"
    if total <= 0:
        text, tone = "Nothing here earns its costs", "bad"
    conclusions = [sentence for sentence in sentences if sentence.startswith(_CONCLUSION)]
    rest = [sentence for sentence in sentences if sentence not in conclusions]
    if conclusions:
        text, _, reason = conclusions[-1].removeprefix(_CONCLUSION).partition(". ")
        text = text[0].upper() + text[1:].rstrip(".")
        rest = [reason, *rest] if reason else rest
        tone = "bad" if "do not trade" in conclusions[-1] else "open"
    if best["total_trades"] < FEW_TRADES:
        text, tone = "Too few trades to judge", "open"
    return Headline(text, _tone(tone)), rest


def _tone(tone: str) -> Tone:
    return "bad" if tone == "bad" else "open"


def _few(run: ReportedRun) -> Iterator[str]:
    trades = run.best["total_trades"] if run.best else FEW_TRADES
    if trades < FEW_TRADES:
        yield (
            f"The best {run.unit} has {count_of(trades, 'trade')}: fewer than {FEW_TRADES} are too "
            f"few to tell skill from luck."
        )


def _evidence(run: ReportedRun) -> Iterator[Bullet]:
    for section in VALIDATIONS:
        for bullet in section.evidence(run):
            whole = bool(run.unfinished)  # these searched it all themselves
            name = f"{bullet.name.removesuffix(':')}, of the whole grid:" if whole else bullet.name
            yield Bullet(name, bullet.text, bullet.tone)


SECTION = Section("verdict", "Verdict", "Verdict", always, blocks, summary=True)
