"""Around the winner: what changes when one parameter changes."""

from collections.abc import Iterator
from math import isnan

from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.reports.blocks import Block, Column, Paragraph, Table
from params_optimizer.reports.forms import COUNT, R, figure
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.run_files import Content
from params_optimizer.reports.sections.findings import reading
from params_optimizer.reports.sections.parameters import panels_figure
from params_optimizer.reports.sections.section import Section, has_winner
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.luck import kept_plateaus
from params_optimizer.validation.plateau import Neighbourhood


def blocks(run: ReportedRun) -> Iterator[Block]:
    """Total R along each parameter, and the plateau score."""
    if panels := run.landscape.around():
        title = "Total R when one parameter of the winner changes"
        yield panels_figure("figure-around", title, panels, "")
    if not isinstance(run.outcome, Outcome):
        yield from map(Paragraph, _of_trials(run))
        return
    number = int(run.ranking.combination[0])
    plateau = kept_plateaus(run.outcome, ALL, [number])[0]
    yield Paragraph(_of_grid(plateau.whole))
    if plateau.whole.mean is None or isnan(plateau.whole.mean):
        return
    rows = [
        {"key": key, "neighbours": near.neighbours}
        | {"mean": near.mean, "worst": near.worst, "score": near.score}
        for key, near in plateau.by_key.items()
        if near.neighbours
    ]
    columns = [
        Column("key", "Parameter"),
        Column("neighbours", "Neighbours", form=COUNT),
        Column("mean", "Their mean R", form=R),
        Column("worst", "Their worst R", form=R),
        Column("score", "Plateau score", form=R),
    ]
    yield Table(columns, rows, preview=len(rows))


def _of_grid(whole: Neighbourhood) -> str:
    """What the neighbours of the winner make."""
    if whole.mean is None or whole.worst is None:
        return "The winner has no neighbours in this grid."
    if isnan(whole.mean):
        return "Not known: not every neighbour of the winner has its row."
    return neighbours_text(whole.neighbours, whole.mean, whole.worst, whole.value, whole.score)


def _of_trials(run: ReportedRun) -> Iterator[str]:
    """The same of a search, where `--robustness` tried them."""
    if run.landscape.around():
        yield "Trials of this search that differ from the winner in one parameter alone."
    examined = list(reading("robustness", _winners)(run))
    if not examined:
        yield "What its neighbours make was not tried one by one: --robustness does."
    yield from examined


def _winners(content: Content) -> Iterator[str]:
    for subject in content["combinations"]:
        if subject["rank"] != 1:
            continue
        mean, worst = subject["plateau_mean"], subject["plateau_worst"]
        if mean is None or worst is None:
            yield f"No plateau score: {subject['plateau_note'] or 'the winner has no neighbours'}."
            continue
        total, score = subject["metrics"]["total_r"], subject["plateau_score"]
        yield neighbours_text(subject["plateau_neighbours"], mean, worst, total, score)


def neighbours_text(
    count: int, mean: float, worst: float, total: float, score: float | None
) -> str:
    """What the neighbours of a winner make in R, beside what it makes."""
    text = (
        f"The {count:,} neighbours one step away make {figure('total_r', mean)} R on average, the "
        f"worst {figure('total_r', worst)} R; the winner makes {figure('total_r', total)} R."
    )
    if score is None:
        return text
    return f"{text} Plateau score {score:.2f}: 1 is a plateau, 0 a lone peak."


SECTION = Section("plateau", "Around the winner", "Plateau", has_winner, blocks)
