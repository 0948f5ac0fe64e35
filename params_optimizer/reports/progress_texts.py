"""How far a run is, in texts of a few words each."""

from params_optimizer.orchestrator.progress import Snapshot
from params_optimizer.reports.forms import count_of

_GIB = 1 << 30


def counted(snapshot: Snapshot, of: str) -> str:
    """How many combinations of how many are done."""
    return f"{snapshot.completed:,}{of}{snapshot.total:,}"


def state(snapshot: Snapshot, memory: int) -> list[str]:
    """Speed, times, workers and memory, a text each."""
    return [
        f"{snapshot.rate:,.0f}/s",
        f"elapsed {duration(snapshot.elapsed)}",
        f"ETA {'-' if snapshot.eta is None else duration(snapshot.eta)}",
        count_of(snapshot.workers, "worker"),
        f"{memory / _GIB:.1f} GiB",
    ]


def best(snapshot: Snapshot) -> list[str]:
    """The combination with the most total R since the command was started, a text a figure.

    It is not the best by score, which is known only when the whole grid is.
    """
    if not snapshot.best:
        return []
    figures = snapshot.best.figures
    return [
        f"highest total so far {figures['total_r']:.1f} R",
        f"in {figures['total_trades']:,.0f} trades",
        f"{figures['winrate']:.1f} % wins",
        f"Sharpe {figures['sharpe_ratio']:.2f}",
        f"drawdown {figures['max_drawdown']:.1f} R",
        f"combination {snapshot.best.combination:,}",
    ]


def duration(seconds: float) -> str:
    """Seconds as `0:07`, `12:34` or `1:02:03`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
