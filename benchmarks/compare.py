"""Two results side by side."""

from collections.abc import Iterator

from benchmarks.measures import MORE_IS_BETTER, RATIO, Measure
from benchmarks.report import Result

_NOISE = 1.05
"""Medians that are no further apart than this say nothing."""


def compare(before: Result, after: Result) -> str:
    """A table of the medians of both, and after / before, for what both measured."""
    lines = [f"before: {_described(before)}", f"after:  {_described(after)}"]
    lines += [f"note: {difference}" for difference in _differences(before, after)]
    lines += ["", f"{'':40} {'before':>12} {'after':>12} {'ratio':>8}"]
    later = {one.name: one for one in after.measures}
    lines += [_line(one, later[one.name]) for one in before.measures if one.name in later]
    only = {"before": _names(before) - _names(after), "after": _names(after) - _names(before)}
    lines += [f"only {which}: {', '.join(sorted(names))}" for which, names in only.items() if names]
    return "\n".join(lines)


def _line(before: Measure, after: Measure) -> str:
    quotient = after.median / before.median if before.median else float("nan")
    columns = f"{before.median:12,.5g} {after.median:12,.5g} {quotient:8.3f}"
    return f"{before.name:40} {columns}  {before.unit:15} {_verdict(before, quotient)}".rstrip()


def _verdict(measure: Measure, quotient: float) -> str:
    if measure.unit == RATIO or 1 / _NOISE <= quotient <= _NOISE:
        return ""
    return "better" if (quotient > 1) == (measure.unit in MORE_IS_BETTER) else "WORSE"


def _differences(before: Result, after: Result) -> Iterator[str]:
    """What keeps the two from being comparable."""
    for name in ("symbol", "source", "bars", "first", "last", "grid"):
        one, other = getattr(before.setting, name), getattr(after.setting, name)
        if one != other:
            yield f"{name} differs: {one}, {other}"
    for name in ("cpu", "cores", "memory_gb", "system", "python", "libraries"):
        one, other = before.machine.get(name), after.machine.get(name)
        if one != other:
            yield f"{name} differs: {one}, {other}"


def _names(result: Result) -> set[str]:
    return {one.name for one in result.measures}


def _described(result: Result) -> str:
    code = result.code
    commit = f"{code.get('commit')}{' with changes' if code.get('changed') else ''}"
    return f"{result.date}, commit {commit}, kernels {code.get('kernels')}"
