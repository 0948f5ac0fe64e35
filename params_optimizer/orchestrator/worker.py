"""What runs in a worker process: slices in, result parts on disk, short reports back."""

import logging
import os
import pickle
import signal
import threading
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.errors import OptimizerError
from params_optimizer.orchestrator.signals import STOP_SIGNALS
from params_optimizer.orchestrator.stages import Stage
from params_optimizer.orchestrator.study import Study
from params_optimizer.storage.parts import write_part
from params_optimizer.strategies.initial_balance.panel.engine import MEASURES, PanelEngine
from params_optimizer.strategies.initial_balance.panel.slices import Slices

_TOTAL_R, _TRADES = MEASURES.index("total_r"), MEASURES.index("total_trades")
_BEST_SHOWN = ("total_r", "total_trades", "winrate", "sharpe_ratio", "max_drawdown")


class Best(NamedTuple):
    """The combination with the most total R of some slices, and its key figures."""

    combination: int
    figures: dict[str, float]


class Done(NamedTuple):
    """A finished slice: its number, rows, and the bytes of its part."""

    number: int
    rows: int
    size: int
    best: Best | None


@dataclass
class Job:
    """What a worker needs.

    `stop` is a shared byte: not 0, and no new slice is begun. `busy` has two numbers for
    each task in the air: the process that works on it and the slice it is at.
    """

    study: Study
    stage: Stage
    parts: Path
    stop: Any
    busy: Any

    def packed(self, context: BaseContext) -> "PackedJob":
        """The same, for processes that do not inherit the memory of this one."""
        content = pickle.dumps((self.study, self.stage, self.parts))
        return PackedJob(context.RawArray("c", content), self.stop, self.busy)


class PackedJob(NamedTuple):
    """A job in shared memory.

    As an argument of the process it would go through a pipe, and its writer would wait for
    ever if the process were killed before it has read all.
    """

    content: Any
    stop: Any
    busy: Any

    def unpacked(self) -> Job:
        """The job; the study maps the bars for this process."""
        study, stage, parts = pickle.loads(self.content.raw)
        return Job(study, stage, parts, self.stop, self.busy)


class _Worker:
    """State of this process; set by `start`."""

    job: Job
    slices: Slices
    engine: PanelEngine
    memory: NDArray[np.float64] = np.empty(0)
    parent: int
    error: OptimizerError | None = None


def start(job: Job | PackedJob) -> None:
    """Initialise a worker of a run."""
    settle()
    _Worker.parent = os.getppid()
    try:
        _Worker.job = job.unpacked() if isinstance(job, PackedJob) else job
    except OptimizerError as error:  # told with the first task; here nobody would see it
        _Worker.error = error
        return
    _Worker.slices = Slices(_Worker.job.study.grid.axes)
    _Worker.engine = _Worker.job.study.engine()


def work(slot: int, numbers: list[int]) -> list[Done]:
    """Evaluate slices and write their parts; ends early when the master says so or is gone."""
    if _Worker.error:
        raise _Worker.error
    job, done = _Worker.job, []
    for number in numbers:
        if job.stop.value or os.getppid() != _Worker.parent:
            break
        job.busy[2 * slot + 1] = number
        job.busy[2 * slot] = os.getpid()
        done.append(_slice(number))
    job.busy[2 * slot] = 0
    return done


def _slice(number: int) -> Done:
    job, piece = _Worker.job, _Worker.slices[number]
    # The same pages for every slice: fresh ones would be found and cleared each time.
    if _Worker.memory.size < len(MEASURES) * piece.rows:
        _Worker.memory = np.empty(len(MEASURES) * piece.rows)
    metrics = _Worker.engine.metrics(piece, _Worker.memory)
    content = job.stage.part(job.study, piece, metrics)
    write_part(job.parts, number, content)
    best = _best(metrics, piece.first, job.study.settings.min_trades)
    return Done(number, piece.rows, len(content), best)


def _best(metrics: NDArray[np.float64], first: int, min_trades: int) -> Best | None:
    eligible = metrics[_TRADES] >= min_trades
    if not eligible.any():
        return None
    row = int(np.where(eligible, metrics[_TOTAL_R], -np.inf).argmax())
    figures = {name: float(metrics[MEASURES.index(name), row]) for name in _BEST_SHOWN}
    return Best(first + row, figures)


def settle() -> None:
    """Make this process silent, deaf to signals for the master, and gone when it is gone."""
    logging.disable()  # a forked process has the handlers of its master
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "SIGPIPE"):  # a report that no master reads ends the process quietly
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    threading.Thread(target=_leave_with_master, daemon=True).start()


def _leave_with_master() -> None:
    """End this process, quietly and at once, when its master is gone.

    A forked sibling holds the pipe that tells so; it leaves too, and the last one first.
    """
    master = parent_process()
    if master is not None:
        connection.wait([master.sentinel])
        os._exit(0)
