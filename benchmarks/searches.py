"""How near to the best combination of a grid each search method gets, over many seeds.

The truth is an exhaustive run: its results give the extremes that the score is normalised
with, and answer every trial. What is measured is the way from the median to the best score
that the best trial has gone: 0 is an average combination, 1 the best of all.

    python -m benchmarks.searches output/XAUUSD_1478400combos_20261120_223719
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from params_optimizer.environment import prepare_process

BUDGETS = (100, 250, 1000)
PLANS: Mapping[str, Sequence[int]] = {
    "random": BUDGETS,
    "bayesian": (100, 250),
    "genetic": BUDGETS,
    "particle-swarm": BUDGETS,
    "nsga2": BUDGETS,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Print one row for each method and number of trials."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.searches", description=__doc__)
    parser.add_argument("run", type=Path, help="directory of a complete run that kept all rows")
    parser.add_argument("--seeds", type=int, default=20, metavar="N")
    parser.add_argument("--first-seed", type=int, default=0, metavar="S")
    parser.add_argument("--batch", type=int, default=8, metavar="N")
    parser.add_argument("--only", action="append", choices=PLANS, metavar="METHOD")
    arguments = parser.parse_args(argv)
    prepare_process()
    truth = Truth(arguments.run)
    print(f"{truth.name}: median score {truth.median:.4f}, best {truth.best:.4f}")
    print("| method, trials | mean | worst seed | best seed | seconds a seed | ms a trial |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in arguments.only or PLANS:
        _rows(truth, name, arguments)
    return 0


def _rows(truth: "Truth", name: str, arguments: argparse.Namespace) -> None:
    import numpy as np

    budgets = PLANS[name]
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    began = time.perf_counter()
    curves = [truth.searched(name, max(budgets), arguments.batch, seed) for seed in seeds]
    took = (time.perf_counter() - began) / len(curves)
    for budget in budgets:
        found = np.array([curve[budget - 1] for curve in curves])
        ends = f"{took:.1f} | {1000 * took / max(budgets):.1f}" if budget == max(budgets) else "|"
        print(
            f"| {name}, {budget:,} | {found.mean():.3f} | {found.min():.3f} | "
            f"{found.max():.3f} | {ends} |",
            flush=True,
        )


class Truth:
    """What every combination of a run scores."""

    def __init__(self, directory: Path) -> None:
        import numpy as np

        from params_optimizer.analytics.variation_aggregator import limits_of
        from params_optimizer.config import Settings, parse_model
        from params_optimizer.data.news import NO_NEWS
        from params_optimizer.search.objective import Objective
        from params_optimizer.search.ranking import RANKED, score
        from params_optimizer.search.space import ParameterSpace
        from params_optimizer.storage.results import Results
        from params_optimizer.storage.run_directory import RunDirectory
        from params_optimizer.strategies.initial_balance.grid import model_of_manifest
        from params_optimizer.strategies.initial_balance.strategy import InitialBalance

        manifest = RunDirectory(directory).manifest()
        settings = parse_model(Settings, manifest["settings"], "run.json")
        self.name = directory.name
        self.grid = ParameterSpace(model_of_manifest(manifest["grid"]))
        self.strategy = InitialBalance(self.grid, float(manifest["spread"]), NO_NEWS)
        self.space = ParameterSpace.parse(
            self.strategy.space(), canonical=self.strategy.canonical, source="initial_balance"
        )
        [file] = directory.glob("*_full_results.parquet")
        columns = ["combination", "total_trades", *RANKED]
        pieces = list(Results([file]).pieces(columns))
        limits = limits_of(pieces, Objective.of(settings))
        scores = np.concatenate([score(one, limits, settings.ranking_weights) for one in pieces])
        trades = np.concatenate([one["total_trades"] for one in pieces])
        self.trades = trades
        self.min_trades = settings.min_trades
        self.scores = scores
        eligible = scores[trades >= settings.min_trades]
        self.median, self.best = float(np.median(eligible)), float(eligible.max())

    def searched(self, name: str, trials: int, batch: int, seed: int) -> list[float]:
        """The best distance so far after each trial of a search."""
        from params_optimizer.config.search import MethodSettings
        from params_optimizer.search.methods import make_method
        from params_optimizer.search.trial import Trial

        method = make_method(name, self.space, MethodSettings(), seed)
        curve: list[float] = []
        while len(curve) < trials:
            told = []
            for parameters in method.ask(min(batch, trials - len(curve))):
                number = self.grid.number(asdict(self.strategy.params(parameters)))
                score = float(self.scores[number])
                enough = self.trades[number] >= self.min_trades
                shortage = float(max(self.min_trades - self.trades[number], 0))
                state = "complete" if enough else "infeasible"
                told.append(Trial(len(curve), parameters, state, (-score,), shortage))  # type: ignore[arg-type]
                gone = (score - self.median) / (self.best - self.median) if enough else -1.0
                curve.append(max([gone, *curve[-1:]]))
            method.tell(told)
        return curve


if __name__ == "__main__":
    sys.exit(main())
