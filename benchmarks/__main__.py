"""`python -m benchmarks`: equality first, then the measurements, one table, one JSON file.

Without arguments it measures on real XAUUSD bars where they lie beside the checkout, else
on generated ones. Temporary files go where TMPDIR says and take up to 5 GB.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from params_optimizer.environment import prepare_process

if TYPE_CHECKING:
    from benchmarks.end_to_end import Program
    from benchmarks.market import Market
    from benchmarks.measures import Measure
    from benchmarks.report import Result

GROUPS = (
    "kernels",
    "execution",
    "start",
    "end_to_end",
    "phases",
    "workers",
    "grids",
    "strategies",
    "slices",
    "exhaustive",
    "large",
)
_CHECKED, _CHECKED_REFERENCES = 400, 8

Groups = dict[str, Callable[[], "list[Measure]"]]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure or compare; 1 where the engines differ, a group fails or a file is foreign."""
    arguments = _parser().parse_args(argv)
    prepare_process()
    from benchmarks.equality import EnginesDifferError
    from benchmarks.report import ResultFileError
    from params_optimizer.errors import OptimizerError

    try:
        return _compare(*arguments.compare) if arguments.compare else _measure(arguments)
    except (EnginesDifferError, ResultFileError, OptimizerError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="generated bars and the standard grid only")
    add("--runs", type=_positive, default=3, metavar="N", help="medians of so many runs")
    add("--only", choices=GROUPS, action="append", metavar="NAME", help=", ".join(GROUPS))
    add("--large", action="store_true", help="also 100 million combinations; minutes")
    add("--data-dir", type=Path, metavar="DIR", help="prepared data of your own")
    add("--symbol", default="XAUUSD", metavar="S", help="the market (XAUUSD)")
    add("--name", metavar="NAME", help="part of the result's file name (the symbol)")
    add("--compare", nargs=2, type=Path, metavar=("A", "B"), help="two results, B against A")
    return parser


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _compare(before: Path, after: Path) -> int:
    from benchmarks.compare import compare
    from benchmarks.report import read

    print(compare(read(before), read(after)))
    return 0


def _measure(arguments: argparse.Namespace) -> int:
    from benchmarks.end_to_end import Program
    from benchmarks.market import find_market
    from benchmarks.report import RESULTS, SCRATCH, save, table

    with TemporaryDirectory() as folder:
        scratch, quick = Path(folder), arguments.quick
        market = find_market(arguments.symbol, arguments.data_dir, scratch, _say, generated=quick)
        _check(market)
        program = Program(market, scratch)
        grid = "standard" if quick else "expanded"
        result = _result(
            arguments, market, grid, _groups(arguments, market, program, grid, scratch)
        )
    path = save(result, SCRATCH if quick else RESULTS, arguments.name or market.symbol.lower())
    print(table(result))
    print(f"\nwritten to {path}")
    return int(bool(result.failed))


def _check(market: "Market") -> None:
    """Refuse to time engines that differ."""
    from benchmarks.equality import check
    from benchmarks.execution import EXECUTIONS, under

    study = market.study("standard")
    for execution in EXECUTIONS:
        _say(f"checking that panel, per-combination kernel and reference agree: {execution}")
        checked = check(under(study, execution), _CHECKED, _CHECKED_REFERENCES)
        _say(
            f"equal: panel and kernel on {checked.combinations} combinations, and the reference "
            f"on {checked.references} of them ({checked.trades:,} trades)"
        )


def _groups(
    arguments: argparse.Namespace,
    market: "Market",
    program: "Program",
    grid: str,
    scratch: Path,
) -> Groups:
    """What to measure, by name, in order."""
    from benchmarks import (
        end_to_end,
        execution,
        exhaustive,
        grids,
        kernels,
        phases,
        slices,
        strategies,
        workers,
    )

    runs, together = arguments.runs, list(dict.fromkeys(["standard", grid]))
    groups: Groups = {
        "kernels": lambda: kernels.measure(market.study(grid), runs),
        "execution": lambda: execution.measure(market.study(grid), program, grid, runs),
        "start": lambda: end_to_end.measure_start(program, runs),
        "end_to_end": lambda: end_to_end.measure(program, together, runs),
        "phases": lambda: phases.measure(market, grid, runs),
        "workers": lambda: workers.measure(market.study(grid), runs),
        "grids": lambda: grids.measure(market, program, grid, runs, scratch),
        "strategies": lambda: strategies.measure(runs),
        "slices": lambda: slices.measure(runs),
        "exhaustive": lambda: exhaustive.measure(program, runs, scratch),
        "large": lambda: [
            *grids.measure_large(program, scratch),
            *exhaustive.measure_large(program, scratch),
        ],
    }
    chosen = arguments.only or [name for name in groups if name != "large" or arguments.large]
    return {name: groups[name] for name in groups if name in chosen}


def _result(arguments: argparse.Namespace, market: "Market", grid: str, groups: Groups) -> "Result":
    """Measure every group; one that fails is named, and the others go on."""
    from benchmarks import report
    from benchmarks.memory import CommandFailedError
    from params_optimizer.data.loader import load_bars
    from params_optimizer.errors import OptimizerError

    machine, measures, failed = report.machine(), [], []
    for name, group in groups.items():
        _say(f"measuring: {name}")
        try:
            measures += group()
        except (CommandFailedError, OptimizerError) as error:
            _say(f"{name}: FAILED: {error}")
            failed.append(name)
    bars = load_bars(market.data_dir, market.symbol)
    first, last = (_day(int(bars.m1.time[at])) for at in (0, -1))
    setting = report.Setting(
        market.symbol, market.source, bars.count, first, last, grid, arguments.runs
    )
    return report.Result(report.now(), setting, machine, report.code(), measures, failed)


def _day(minute: int) -> str:
    from params_optimizer.data.days import iso_minute

    return iso_minute(minute)[:10]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
