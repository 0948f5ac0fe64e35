"""Starts the command again and again in a tenth of the time: it forks what is imported already.

A program of its own that does nothing but wait for orders, so that what it forks is a fresh
process without threads: one JSON object a line from standard input. The exit code of each
command goes into a file; the process is reaped then.
"""

import json
import os
import select
import signal
import sys
import traceback
from pathlib import Path
from typing import Any


def warm_up(data: str, symbol: str, grid: str) -> None:
    """Import everything and load the kernels once, for all that is forked."""
    import pandas as pd  # noqa: F401  as pyarrow does when it first makes an array

    import params_optimizer.actions
    import params_optimizer.data.prepare_data
    import params_optimizer.orchestrator.check
    import params_optimizer.orchestrator.run
    import params_optimizer.reports.files
    import params_optimizer.reports.info
    import params_optimizer.reports.summary
    import params_optimizer.reports.terminal
    import params_optimizer.run_optimizer  # noqa: F401
    from params_optimizer.config import load_settings
    from params_optimizer.orchestrator.estimate import estimate
    from params_optimizer.orchestrator.study import load_grid, make_study

    settings = load_settings(None, {"news_filter.enabled": False})
    own = load_grid(settings, settings.symbol(symbol), grid)
    study = make_study(settings, symbol, Path(data), grid=own)
    study.prepare()
    estimate(study)


def start(order: dict[str, Any]) -> int:
    """Fork the command; in the new process this never returns."""
    pid = os.fork()
    if pid:
        return pid
    code = 3
    try:
        code = _command(order)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001  as a process of its own tells it
        traceback.print_exc()
    # As a real process ends: what is registered for the end runs, and output is flushed.
    sys.exit(code)


def _command(order: dict[str, Any]) -> int:
    os.setsid()
    if order["ignored"]:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    flags = os.O_RDWR | os.O_CREAT
    for descriptor, path in zip((0, 1, 2), order["streams"], strict=True):
        opened = os.open(path, flags)  # a terminal becomes the controlling one
        os.dup2(opened, descriptor)
        os.close(opened)
    os.environ.update(order["environment"])
    sys.argv = ["run_optimizer", *order["arguments"]]
    if order["hook"]:
        exec(compile(order["hook"], "<hook>", "exec"), {"__name__": "__hook__"})  # noqa: S102
    from params_optimizer.run_optimizer import main

    return main(order["arguments"])


def reap(codes: dict[int, Path]) -> None:
    """Write down the exit codes of the commands that have ended."""
    for pid, file in [*codes.items()]:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            del codes[pid]
            unfinished = file.with_suffix(".half")
            unfinished.write_text(str(os.waitstatus_to_exitcode(status)))
            unfinished.replace(file)


def main() -> None:
    warm_up(*sys.argv[1:])
    print("ready", flush=True)
    codes: dict[int, Path] = {}
    while True:
        if select.select([sys.stdin], [], [], 0.005)[0]:
            line = sys.stdin.readline()
            if not line:
                return
            order = json.loads(line)
            pid = start(order)
            codes[pid] = Path(order["code"])
            print(pid, flush=True)
        reap(codes)


if __name__ == "__main__":
    main()
