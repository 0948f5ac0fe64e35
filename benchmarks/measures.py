"""What a benchmark measures, and the numbers that must hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

SECONDS, MEGABYTES, RATE, RATIO = "s", "MB", "combinations/s", "x"
MORE_IS_BETTER = frozenset({RATE})


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure, a value a run; its name begins with the group that measures it.

    Of a `RATIO` neither more nor less is better in itself: its name says what it divides.
    """

    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def group(self) -> str:
        """The part of the name before the first dot."""
        return self.name.partition(".")[0]

    @property
    def median(self) -> float:
        """The figure to quote."""
        return median(self.values)


def ratio(name: str, above: Measure, below: Measure) -> Measure:
    """Quotients of two measures, run by run: what slows a whole run down cancels out."""
    pairs = zip(above.values, below.values, strict=True)
    return Measure(name, RATIO, tuple(one / other for one, other in pairs))


def transposed(rounds: Sequence[dict[str, float]], group: str, unit: str) -> list[Measure]:
    """Measures from one dict of figures a run, all with the same keys."""
    return [
        Measure(f"{group}.{key}", unit, tuple(figures[key] for figures in rounds))
        for key in rounds[0]
    ]


@dataclass(frozen=True, slots=True)
class Target:
    """What must hold at least, and the aim, in the unit of the measure."""

    least: float
    aim: float

    def verdict(self, value: float) -> str:
        """`aim` and `ok` where they are reached, else `MISSED`."""
        more = self.aim > self.least

        def reached(limit: float) -> bool:
            return value >= limit if more else value <= limit

        return "aim" if reached(self.aim) else "ok" if reached(self.least) else "MISSED"


TARGETS = {
    "kernels.panel": Target(200_000, 500_000),
    "execution.panel_strict_over_rules": Target(1.15, 1.0),
    "execution.run_strict_over_rules": Target(1.15, 1.0),
    "end_to_end.expanded_seconds": Target(20, 10),
    "end_to_end.expanded_memory": Target(2000, 1000),
    "end_to_end.expanded_first_run_seconds": Target(60, 30),
    "grids.kernel_time_ratio": Target(11, 10),
    "grids.memory_ratio": Target(1.2, 1.0),
    "workers.kernel_ratio": Target(1.7, 1.95),
    "strategies.ma_crossover": Target(2000, 4000),
    "strategies.rsi": Target(2000, 4000),
    "strategies.bollinger": Target(2000, 4000),
    "strategies.replay_over_anew": Target(25, 50),
    "slices.ma_crossover": Target(15_000, 30_000),
    "slices.rsi": Target(10_000, 20_000),
    "slices.bollinger": Target(7_000, 15_000),
    "slices.ensemble": Target(30_000, 60_000),
    "strategies.function_overhead": Target(0.005, 0.0005),
    "exhaustive.crossovers_over_expanded": Target(2.5, 1.0),
    "exhaustive.crossovers_largest_process": Target(400, 300),
    "start.help": Target(0.4, 0.2),
    "start.info": Target(1.5, 1.0),
}
"""For XAUUSD 2018-2019 on two cores; told only beside measurements of that kind."""
