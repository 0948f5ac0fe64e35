"""One frame of the live display, fitted to the width of the terminal."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from params_optimizer.orchestrator.progress import Snapshot
from params_optimizer.reports.progress_texts import best, counted, duration, state

if TYPE_CHECKING:
    from rich.console import Console, Group

SEARCHING = "searching"
"""The phase in which processes are forked; its own figures tell how long it lasts."""
_MARGIN = 2
_SHORTEST_BAR, _LONGEST_BAR = 10, 60
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PLAIN_SPINNER = "-\\|/"


def frame(
    label: str,
    phases: Sequence[str],
    phase: str,
    seconds: float,
    snapshot: Snapshot | None,
    memory: int,
    console: "Console",
) -> "Group":
    """Phases, bar, figures and the best so far; `seconds` is the age of the phase."""
    from rich.console import Group
    from rich.text import Text

    width = max(console.width, 20)
    ascii_only = console.options.ascii_only
    lines: list[object] = [
        *_phases(label, phases, phase, seconds, width, ascii_only=ascii_only),
    ]
    if snapshot:
        lines += _bar(snapshot, width)
        lines += [Text(line) for line in packed(state(snapshot, memory), width - _MARGIN)]
        told = packed(best(snapshot), width - _MARGIN)
        lines += [
            Text(line, style="bold green" if not at else "green") for at, line in enumerate(told)
        ]
    return Group(*(_indented(line) for line in lines))  # type: ignore[arg-type]


def packed(texts: Sequence[str], width: int) -> list[str]:
    """Texts side by side, in as many lines as the width asks for; none is torn apart."""
    lines: list[str] = []
    for text in texts:
        joined = f"{lines[-1]}   {text}" if lines else text
        if lines and len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(text[:width])
    return lines


def _indented(line: object) -> object:
    from rich.padding import Padding

    # Not filled up to the edge: there the ^C of a terminal would begin another line.
    return Padding(line, (0, 0, 0, _MARGIN - 1), expand=False)  # type: ignore[arg-type]


def _phases(
    label: str, phases: Sequence[str], phase: str, seconds: float, width: int, *, ascii_only: bool
) -> Iterator[object]:
    """What is done, what is at work and what comes; where that is too wide, only the second."""
    from rich.text import Text

    spinner, done = (_PLAIN_SPINNER, "+") if ascii_only else (_SPINNER, "✓")
    turning = spinner[int(seconds * 8) % len(spinner)]
    at = phases.index(phase) if phase in phases else len(phases)
    line = Text.assemble((label, "bold"))
    for place, name in enumerate(phases):
        if place < at:
            line.append(f"  {done} {name}", style="dim")
        elif place == at:
            line.append(f"  {turning} {name}", style="bold cyan")
            if name != SEARCHING:
                line.append(f" {duration(seconds)}", style="cyan")
        else:
            line.append(f"  {name}", style="dim")
    if line.cell_len > width - _MARGIN:
        line = Text.assemble(
            (label, "bold"),
            (f"  {turning} {phase}", "bold cyan"),
            (f"  step {min(at + 1, len(phases))} of {len(phases)}", "dim"),
        )
    yield line[: width - _MARGIN]


def _bar(snapshot: Snapshot, width: int) -> Iterator[object]:
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    share = f"{100 * snapshot.completed / snapshot.total:5.1f} %"
    count = counted(snapshot, " of ")
    room = width - _MARGIN - len(share) - len(count) - 5
    length = max(_SHORTEST_BAR, min(room, _LONGEST_BAR))
    bar = ProgressBar(
        total=snapshot.total,
        completed=snapshot.completed,
        width=length,
        complete_style="cyan",
        finished_style="green",
    )
    row = Table.grid(padding=(0, 2))
    cells: list[object] = [bar, share]
    if room >= _SHORTEST_BAR:
        cells.append(count)
    row.add_row(*cells)  # type: ignore[arg-type]
    yield row
