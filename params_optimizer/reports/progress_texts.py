"""How far a run is, in texts of a few words each."""

from params_optimizer.orchestrator.progress import Snapshot
from params_optimizer.reports.forms import count_of, figure, record
from params_optimizer.reports.labels import in_text

_GIB = 1 << 30


def counted(snapshot: Snapshot, of: str) -> str:
    """How many sets of how many are done."""
    return f"{snapshot.completed:,}{of}{snapshot.total:,} {snapshot.unit}s"


def state(snapshot: Snapshot, memory: int) -> list[str]:
    """Speed, times, workers and memory, a text each."""
    digits = 0 if snapshot.rate >= 100 else 1
    texts = [
        f"{snapshot.rate:,.{digits}f}/s",
        f"elapsed {duration(snapshot.elapsed)}",
        f"ETA {'-' if snapshot.eta is None else duration(snapshot.eta)}",
        f"{memory / _GIB:.1f} GiB",
    ]
    if snapshot.workers:
        texts.insert(3, count_of(snapshot.workers, "worker"))
    return texts


def best(snapshot: Snapshot) -> list[str]:
    """The best set since the command was started, a text a figure.

    Of a whole space it is not the best by score, which is known only when all sets are.
    """
    if not snapshot.best:
        return []
    number, figures = snapshot.best
    texts = [
        f"best {in_text(snapshot.goal)} so far {figure(snapshot.goal, figures[snapshot.goal])}"
    ]
    if "winning_trades" in figures:
        texts += [f"in {figures['total_trades']:,.0f} trades", record(figures)]
    if "sharpe_ratio" in figures:
        texts.append(f"Sharpe {figures['sharpe_ratio']:.2f}")
    if "max_drawdown" in figures:
        texts.append(f"drawdown {figures['max_drawdown']:.1f} R")
    return texts if number is None else [*texts, f"{snapshot.unit} {number:,}"]


def duration(seconds: float) -> str:
    """Seconds as `0:07`, `12:34` or `1:02:03`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
