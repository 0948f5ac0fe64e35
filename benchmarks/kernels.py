"""Combinations a second on one core: panel, per-combination kernel, reference.

Processor time, so that other programs on the machine disturb little.
"""

from collections.abc import Callable
from time import process_time

from benchmarks.equality import reference_figures, sample, trade_figures
from benchmarks.measures import RATE, Measure, ratio
from params_optimizer.orchestrator.study import Study
from params_optimizer.strategies.initial_balance.backtest import backtest_nb, rules_of
from params_optimizer.strategies.initial_balance.grid import GridAxes
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from params_optimizer.strategies.initial_balance.params import RULES
from params_optimizer.strategies.initial_balance.reference import backtest as reference_backtest
from params_optimizer.strategies.initial_balance.sessions import sessions, trade_windows

_COMBINATIONS = 200
_REFERENCES = 3


def measure(study: Study, runs: int) -> list[Measure]:
    """Rates of the three engines on one grid, all metrics of R10 for all five scopes."""
    panel_seconds(study, slices=1)  # loads the compiled code
    rates: dict[str, list[float]] = {"panel": [], "combination": [], "reference": []}
    for _ in range(runs):
        rates["panel"].append(len(study.grid) / panel_seconds(study))
        rates["combination"].append(_COMBINATIONS / _seconds(_combinations, study))
        rates["reference"].append(_REFERENCES / _seconds(_references, study))
    panel, combination, reference = (
        Measure(f"kernels.{name}", RATE, tuple(values)) for name, values in rates.items()
    )
    return [
        panel,
        combination,
        reference,
        ratio("kernels.panel_over_combination", panel, combination),
        ratio("kernels.combination_over_reference", combination, reference),
    ]


def panel_seconds(study: Study, slices: int | None = None) -> float:
    """Processor time of the panel for the grid, or its first slices: to finished columns."""
    engine, left = study.engine(), slices
    began = process_time()
    for tile in PanelSlices(study.grid).groups():
        for piece in tile[:left]:
            engine.metrics(piece)
        if left is not None:
            break
    return process_time() - began


def _seconds(work: Callable[[Study], None], study: Study) -> float:
    began = process_time()
    work(study)
    return process_time() - began


def _combinations(study: Study) -> None:
    """One combination after another, as a plain compiled loop does it; days are shared."""
    windows = GridAxes.of(study.grid).ib_windows
    days = {window: sessions(study.bars, window, study.levels[window]) for window in windows}
    for number in sample(study, _COMBINATIONS):
        params = study.params(number)
        of_window = days[(params.ib_start, params.ib_end, params.ib_timezone)]
        wait, length = params.ib_wait_minutes, params.trade_window_minutes
        bars = trade_windows(study.bars.m1, of_window, wait, (length,))
        rules = rules_of(params, study.spread, RULES)
        trade_figures(backtest_nb(study.bars.m1, of_window, bars, rules, study.news))


def _references(study: Study) -> None:
    for number in sample(study, _REFERENCES):
        trades = reference_backtest(study.bars, study.params(number), study.spread, study.news)
        reference_figures(trades)
