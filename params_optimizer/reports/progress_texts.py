"""How far a run is, in texts of a few words each."""

from params_optimizer.orchestrator.progress import Snapshot

_GIB = 1 << 30


def counted(now: Snapshot, of: str) -> str:
    """How many combinations of how many are done."""
    return f"{now.completed:,}{of}{now.total:,}"


def state(now: Snapshot, memory: int) -> list[str]:
    """Speed, times, workers and memory, a text each."""
    return [
        f"{now.rate:,.0f}/s",
        f"elapsed {duration(now.elapsed)}",
        f"ETA {'-' if now.eta is None else duration(now.eta)}",
        f"{now.workers} worker{'' if now.workers == 1 else 's'}",
        f"{memory / _GIB:.1f} GiB",
    ]


def best(now: Snapshot) -> list[str]:
    """The combination with the most total R since the command was started, a text a figure.

    It is not the best by score, which is known only when the whole grid is.
    """
    if not now.best:
        return []
    known = now.best.figures
    return [
        f"highest total so far {known['total_r']:.1f} R",
        f"in {known['total_trades']:,.0f} trades",
        f"{known['winrate']:.1f} % wins",
        f"Sharpe {known['sharpe_ratio']:.2f}",
        f"drawdown {known['max_drawdown']:.1f} R",
        f"combination {now.best.combination:,}",
    ]


def duration(seconds: float) -> str:
    """Seconds as `0:07`, `12:34` or `1:02:03`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
