"""Measurements as a table for people and as JSON that another day's can be compared with."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from benchmarks.market import CHECKOUT
from benchmarks.measures import TARGETS, Measure
from params_optimizer.environment import kernel_cache_folder
from params_optimizer.storage import files

RESULTS = Path(__file__).parent / "results"
SCRATCH = RESULTS / "scratch"
FORMAT = 1
_LIBRARIES = ("numba", "llvmlite", "numpy", "pyarrow", "pandas", "pydantic")


class ResultFileError(Exception):
    """A file is no result of these benchmarks."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What was measured on: results with different ones tell little beside each other."""

    symbol: str
    source: str
    bars: int
    first: str
    last: str
    grid: str
    runs: int

    @property
    def has_targets(self) -> bool:
        """Whether the figures are those that the targets are for."""
        return (self.symbol, self.source, self.grid) == ("XAUUSD", "real data", "expanded")


@dataclass(frozen=True, slots=True)
class Result:
    """One execution of the benchmarks; `failed` names the groups that have no figures."""

    date: str
    setting: Setting
    machine: Mapping[str, Any]
    code: Mapping[str, Any]
    measures: Sequence[Measure]
    failed: Sequence[str]

    def to_json(self) -> str:
        """The result as JSON text; the median of each measure beside its values."""
        measures = {
            one.name: {"unit": one.unit, "median": _short(one.median), "values": _rounded(one)}
            for one in self.measures
        }
        content = {"format": FORMAT, **asdict(self), "measures": measures}
        return json.dumps(content, indent=1) + "\n"


def read(path: Path) -> Result:
    """A result from its file.

    Raises:
        ResultFileError: it cannot be read or is something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT:
            raise ResultFileError(f"{path}: was made by another version of the benchmarks")
        measures = [
            Measure(name, one["unit"], tuple(one["values"]))
            for name, one in content.pop("measures").items()
        ]
        setting = Setting(**content.pop("setting"))
        return Result(setting=setting, measures=measures, **content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultFileError(f"{path}: is no result of these benchmarks ({error!r})") from error


def save(result: Result, folder: Path, name: str) -> Path:
    """Write `{folder}/{date}_{name}.json`; one that is there already is kept."""
    files.make_folder(folder)
    stem = f"{result.date[:10]}_{name}"
    path, count = folder / f"{stem}.json", 1
    while path.exists():
        count += 1
        path = folder / f"{stem}_{count}.json"
    files.write_text(path, result.to_json())
    return path


def now() -> str:
    """The date and time in UTC, for `Result.date`."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def machine() -> dict[str, Any]:
    """The machine without its name: processor, cores, memory, versions, load before the start."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "load": round(psutil.getloadavg()[0], 1),
    }


def code() -> dict[str, Any]:
    """Which code was measured: the commit, where git knows it, and the kernels' hash."""
    commit, changed = _git("rev-parse", "--short=12", "HEAD"), _git("status", "--porcelain")
    return {
        "commit": commit or None,
        "changed": bool(changed),
        "kernels": kernel_cache_folder().name.removeprefix("kernels-"),
    }


def table(result: Result) -> str:
    """Everything measured as text, with the numbers that must hold where they are for this."""
    setting, machine = result.setting, result.machine
    lines = [
        f"{setting.symbol}, {setting.source}: {setting.bars:,} bars, {setting.first} to "
        f"{setting.last}; main grid: {setting.grid}",
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB; Python "
        f"{machine['python']}, Numba {machine['libraries']['numba']}; load before: "
        f"{machine['load']}",
        f"medians of {setting.runs} runs, least and greatest beside them",
    ]
    group = ""
    for measure in result.measures:
        if measure.group != group:
            group = measure.group
            lines.append("")
        lines.append(_line(measure, result))
    lines += [f"\n{group}: FAILED, see above" for group in result.failed]
    return "\n".join(lines)


def _line(measure: Measure, result: Result) -> str:
    low, high = min(measure.values), max(measure.values)
    spread = f"{_shown(low)} to {_shown(high)}" if low != high else ""
    notes = list(_notes(measure, result))
    shown = f"{_shown(measure.median):>12} {measure.unit:15}"
    return f"{measure.name:40} {shown} {spread:24} {'  '.join(notes)}".rstrip()


def _notes(measure: Measure, result: Result) -> Iterator[str]:
    if measure.group == "phases":
        whole = sum(one.median for one in result.measures if one.group == "phases")
        yield f"{100 * measure.median / whole:.0f} %"
    target = TARGETS.get(measure.name)
    if target and result.setting.has_targets:
        verdict = target.verdict(measure.median)
        yield f"{verdict} (at least {_shown(target.least)}, aim {_shown(target.aim)})"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _rounded(measure: Measure) -> list[float]:
    return [_short(value) for value in measure.values]


def _short(value: float) -> float:
    """Five digits are more than a measurement is worth, and keep the files small."""
    return float(f"{value:.5g}")


def _cpu() -> str:
    if sys.platform == "linux":
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git(*arguments: str) -> str:
    """What git says; nothing where there is no git or no repository."""
    try:
        found = subprocess.run(
            ["git", *arguments], cwd=CHECKOUT, capture_output=True, check=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.stdout.strip()
