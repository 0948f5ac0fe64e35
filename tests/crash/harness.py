"""Runs of the real command in processes of their own, to be killed, stopped and compared."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from params_optimizer.storage import pickles

CHECKOUT = Path(__file__).parents[2]
GOLDEN = CHECKOUT / "tests" / "golden" / "generated"
SYMBOL = "GER40"
TIMEOUT = 120.0
STRAY_SECONDS = 10.0

SMALL_GRID = {  # 10,368 combinations in 36 slices
    "ib_wait_minutes": [0, 5, 10, 15],
    "trade_window_minutes": [60, 90, 120],
    "rr_target": [0.5, 1.0, 1.5, 2.0],
    "stop_mode": ["ib_start", "eq"],
    "tsl_target": [0.0, 0.5, 1.0],
    "tsl_sl": [0.5],
    "min_sl_pct": [0.001],
    "rev_rb_enabled": [True, False],
    "rev_rb_pct": [0.5],
    "ib_buffer_pct": [0.05, 0.1, 0.2],
    "max_distance_pct": [0.75, 1.0],
}
TINY_GRID = {  # 24 combinations in 3 slices
    "ib_wait_minutes": [0],
    "trade_window_minutes": [120],
    "rr_target": [1.0],
    "stop_mode": ["eq"],
    "tsl_target": [0.0, 0.5],
    "tsl_sl": [0.5],
    "min_sl_pct": [0.001],
    "rev_rb_enabled": [True, False],
    "rev_rb_pct": [0.5],
    "ib_buffer_pct": [0.05, 0.1],
    "max_distance_pct": [1.0],
}
EXEMPT = {"run.json", "checkpoint.json", "run.lock", "run.log", f"{SYMBOL}_summary.txt"}
"""Files that may hold a clock, a host or the name of a directory (DESIGN 5)."""

SLOW_SLICES = """
import time
from params_optimizer.orchestrator.exhaustive import PartWriter
evaluate = PartWriter.write_slice
def slow(writer, number, lost):
    time.sleep({seconds})
    return evaluate(writer, number, lost)
PartWriter.write_slice = slow
"""
"""Start of a program whose forked workers need at least so long for a slice."""


@dataclass(frozen=True)
class Ended:
    """What a command left: exit code, all that it printed, and how long it ran."""

    code: int
    out: str
    err: str
    seconds: float


class Starter:
    """Starts commands as forks of one process that has imported everything already."""

    def __init__(self, folder: Path) -> None:
        grid = folder / "grid.json"
        grid.write_text(json.dumps(TINY_GRID))
        data = folder / "data"
        give_bars(data)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote", str(data), SYMBOL, str(grid)],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == "ready"

    def start(self, order: dict[str, object]) -> int:
        """The process id of a new command; see `zygote`."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._answer())

    def close(self) -> None:
        """End the process that forks."""
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


class Running:
    """A command at work, the leader of a session of its own."""

    def __init__(self, lab: "Lab", arguments: list[str], **how: Any) -> None:
        name = uuid4().hex
        self.method = lab.method
        self._code, self._out, self._err = (
            lab.root / f"{name}.{suffix}" for suffix in ("code", "out", "err")
        )
        self._began = time.monotonic()
        terminal = how.get("terminal")
        streams = [terminal] * 3 if terminal else [os.devnull, str(self._out), str(self._err)]
        self.pid = lab.starter.start(
            {
                "arguments": arguments,
                "hook": how.get("hook", ""),
                "ignored": how.get("nohup", False),
                "streams": streams,
                "environment": {"PARAMS_OPTIMIZER_CACHE": os.environ["PARAMS_OPTIMIZER_CACHE"]},
                "code": str(self._code),
            }
        )

    @property
    def err(self) -> str:
        return self._err.read_text() if self._err.exists() else ""

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return int(self._code.read_text()) if self._code.exists() else None

    def workers(self) -> list[psutil.Process]:
        """Its worker processes; not the helpers of multiprocessing, nor other children."""
        with suppress(psutil.Error):
            master = psutil.Process(self.pid)
            children = master.children()
            if self.method == "forkserver":
                return [one for server in children for one in server.children()]
            own = "spawn_main" if self.method == "spawn" else " ".join(master.cmdline())
            return [one for one in children if own in " ".join(one.cmdline())]
        return []

    def until(self, happened: Callable[[], object], seconds: float = TIMEOUT) -> bool:
        """Wait for something; False if the command ended before."""
        deadline = time.monotonic() + seconds
        while not happened():
            if self.code is not None:
                return False
            if time.monotonic() > deadline:
                raise AssertionError(self._hang(f"it did not happen in {seconds:.0f} s"))
            time.sleep(0.004)
        return True

    def signal(self, number: int) -> None:
        """Send a signal to the master only."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def signal_all(self, number: int) -> None:
        """What a terminal sends: to the master and all its processes."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """SIGKILL the master only; its workers are on their own, and leave."""
        self.signal(signal.SIGKILL)
        self.until(lambda: False)
        self.check_no_strays()

    def end(self, seconds: float = TIMEOUT) -> Ended:
        """Wait for its end; afterwards no process of it may be left."""
        deadline = time.monotonic() + seconds
        while (code := self.code) is None:
            if time.monotonic() > deadline:
                raise AssertionError(self._hang(f"it did not end in {seconds:.0f} s"))
            time.sleep(0.01)
        took = time.monotonic() - self._began
        self.check_no_strays()
        out = self._out.read_text() if self._out.exists() else ""
        return Ended(code, out, self.err, took)

    def check_no_strays(self) -> None:
        """Every process of the command is gone after ten seconds at the latest."""
        deadline = time.monotonic() + STRAY_SECONDS
        while left := self._family():
            if time.monotonic() > deadline:
                report = "\n".join(_state(one) for one in left)
                for one in left:
                    with suppress(psutil.Error):
                        one.kill()
                raise AssertionError(f"stray processes:\n{report}\n{self.err[-3000:]}")
            time.sleep(0.02)

    def _family(self) -> list[psutil.Process]:
        """All living processes that this command started: they are in its session."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                zombie = process.status() == psutil.STATUS_ZOMBIE
                if os.getsid(process.pid) == self.pid and not zombie:
                    found.append(process)
        return found

    def _hang(self, problem: str) -> str:
        """A report of the living processes, which are killed."""
        family = self._family()
        report = [problem, *map(_state, family), self.err[-3000:]]
        for process in family:
            with suppress(psutil.Error):
                process.kill()
        return "\n".join(report)


def _state(process: psutil.Process) -> str:
    """What a process is doing, as far as the system tells."""
    lines = [f"--- process {process.pid}"]
    for name in ("cmdline", "status", "wchan", "stack"):
        with suppress(OSError):
            text = Path(f"/proc/{process.pid}/{name}").read_text().replace("\0", " ")
            lines.append(f"{name}: {text[:1500]}")
    return "\n".join(lines)


@dataclass
class Lab:
    """A data folder, an output folder and the arguments of one command on them."""

    root: Path
    starter: Starter
    grid: str
    arguments: list[str] = field(default_factory=list)
    method: str = "fork"

    def __post_init__(self) -> None:
        give_bars(self.data)
        config = {"parallelization": {"start_method": self.method}}
        self._config.write_text(json.dumps(config))

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def _config(self) -> Path:
        return self.root / "config.json"

    def command(self, *extra: str) -> list[str]:
        """Arguments of the run, or of an import of bars, which takes nothing of a run."""
        places = ["--config", str(self._config), "--data-dir", str(self.data)]
        if "--prepare-data" in extra:
            return ["--symbol", SYMBOL, *places, *extra]
        return [
            *("--symbol", SYMBOL, "--no-news-filter", *places, "--output-dir", str(self.output)),
            *("--grid", self.grid, *self.arguments, *extra),
        ]

    def start(
        self, *extra: str, hook: str = "", terminal: str = "", nohup: bool = False
    ) -> Running:
        """Start the command.

        `hook` is code that runs before it in the same process, `terminal` the name of a
        terminal that becomes its own.
        """
        return Running(self, self.command(*extra), hook=hook, terminal=terminal, nohup=nohup)

    def finish(self, *extra: str) -> Ended:
        """Run the command to its end, which has to be a good one."""
        ended = self.start(*extra).end()
        assert ended.code == 0, ended.err
        return ended

    def runs(self) -> list[Path]:
        """The run directories."""
        return sorted(path for path in self.output.glob("*") if not path.name.startswith("."))

    def parts(self) -> list[Path]:
        """The result parts of all runs."""
        return [*self.output.glob("*/results_partial.parquet/*-*.parquet")]

    def status(self) -> str:
        """What the manifest of the only run says."""
        (run,) = self.runs()
        return json.loads((run / "run.json").read_text())["status"]

    def digests(self) -> dict[str, str]:
        """What has to be equal of the only run: content by file name."""
        (run,) = self.runs()
        return digests(run)


def give_bars(data: Path) -> None:
    """Put the prepared bars into a data folder."""
    (data / "optimized").mkdir(parents=True, exist_ok=True)
    shutil.copy(GOLDEN / f"{SYMBOL}_m1.parquet", data / "optimized")


def digests(run: Path) -> dict[str, str]:
    """The content of the result files; that of the pickle, not its bytes."""
    found = {}
    for path in sorted(run.iterdir()):
        if path.suffix == ".pkl":
            content = repr(pickles.load(path)).encode()
        elif path.is_file() and path.name not in EXEMPT:
            content = path.read_bytes()
        else:
            continue
        found[path.name] = sha256(content).hexdigest()
    return found


def kill_some(process: psutil.Process) -> None:
    """SIGKILL a process that may be gone already."""
    with suppress(psutil.Error):
        process.send_signal(signal.SIGKILL)
