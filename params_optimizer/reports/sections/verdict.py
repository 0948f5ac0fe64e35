"""What a trader should make of the winner."""

from collections.abc import Iterator

from params_optimizer.orchestrator.outcome import Outcome, SearchOutcome
from params_optimizer.reports.blocks import Block, Bullet, Bullets, Headline, Paragraph, Tone
from params_optimizer.reports.forms import FEW_TRADES, count_of, figure
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.search import causes_of
from params_optimizer.reports.sections import VALIDATIONS, sections
from params_optimizer.reports.sections.findings import reading
from params_optimizer.reports.sections.section import Section, always
from params_optimizer.reports.verdict import quick_evidence
from params_optimizer.reports.verdict import sentences as sentences_of

_CONCLUSION = "Conclusion: "


def blocks(run: ReportedRun) -> Iterator[Block]:
    """The conclusion, the sentences it rests on, and what other days say."""
    if run.best is None:
        yield Headline(f"No {run.unit} is ranked", "bad")
        yield from map(Paragraph, _no_winner(run))
        return
    judged = reading("robustness", lambda content: map(str, content["verdict"]))
    sentences = list(judged(run)) or _quick(run)
    headline, sentences = _headline(run, sentences)
    yield headline
    for text in (*_few(run), *sentences):
        yield Paragraph(text)
    if evidence := list(_evidence(run)):
        yield Bullets(evidence)


def _no_winner(run: ReportedRun) -> Iterator[str]:
    """Why nothing is ranked."""
    yield f"{run.ranked_text}."
    if isinstance(run.outcome, SearchOutcome):
        yield from causes_of(run.outcome.plan, run.trials)


def _quick(run: ReportedRun) -> list[str]:
    """What is known of the winner without `--robustness`, the conclusion last."""
    if isinstance(run.outcome, Outcome) and run.best:
        evidence = sentences_of(quick_evidence(run.outcome, run.best))
        return [
            *evidence,
            "Trade nothing that was not tested on other days; --robustness tells more.",
        ]
    tried = f"the best of {count_of(run.tried, 'parameter set')} tried on the same days"
    if run.best and run.best["total_r"] <= 0:
        return [f"Even {tried} loses after costs: there is nothing to trade."]
    return [
        f"It is {tried}: some of it is "
        f"luck, and --robustness tells how much. Trade nothing that was not tested on other days: "
        f"--holdout-from DATE, --walk-forward."
    ]


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
    for section in sections(VALIDATIONS):
        for bullet in section.evidence(run) if section.applies(run) else ():
            whole = bool(run.unfinished)  # these searched it all themselves
            name = f"{bullet.name.removesuffix(':')}, of the whole grid:" if whole else bullet.name
            yield Bullet(name, bullet.text, bullet.tone)


SECTION = Section("verdict", "Verdict", "Verdict", always, blocks)
