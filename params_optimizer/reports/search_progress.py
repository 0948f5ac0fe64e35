"""The terminal while a search is on: a line now and then."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from params_optimizer.search.objective import SearchObjective
from params_optimizer.search.trial import Trial

_SECONDS = 5.0


@contextmanager
def search_progress(
    label: str, total: int, objective: SearchObjective
) -> Iterator[Callable[[Sequence[Trial]], None]]:
    """A listener of `run_search`: how far it is, and the best so far."""
    told, seen, best = time.monotonic(), 0, None

    def listen(trials: Sequence[Trial]) -> None:
        nonlocal told, seen, best
        for one in trials[seen:]:
            if one.state == "complete" and (best is None or one.order < best.order):
                best = one
        seen = len(trials)
        if time.monotonic() - told < _SECONDS and seen < total:
            return
        told = time.monotonic()
        figure = f"  best so far {objective.metrics[0]} {_figure(objective, best)}" if best else ""
        with suppress(OSError):
            print(  # noqa: T201  this is the terminal
                f"{label} {100 * seen / total:5.1f} %  {seen:,}/{total:,} trials{figure}",
                file=sys.stderr,
                flush=True,
            )

    yield listen


def _figure(objective: SearchObjective, best: Trial) -> str:
    return f"{objective.losses(best.losses)[0]:,.4g} (trial {best.number})"
