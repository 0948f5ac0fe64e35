"""Small searches for the tests of their page, and validation files as their actions write them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from params_optimizer.data.bars import M1, Bars
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import StrategyError
from params_optimizer.orchestrator.evaluator import TrialEvaluator, TrialQuestion
from params_optimizer.orchestrator.outcome import SearchOutcome
from params_optimizer.orchestrator.plan import StrategyPlan
from params_optimizer.orchestrator.planned_method import PlannedMethod
from params_optimizer.orchestrator.trials import Search
from params_optimizer.reports.search import write_search
from params_optimizer.search.objective import Objective, goals_of
from params_optimizer.search.space import ParameterSpace
from params_optimizer.search.trial import Trial
from params_optimizer.storage.sealed import sealed
from params_optimizer.strategies.account import STANDARD_ACCOUNT, Account
from params_optimizer.strategies.protocol import Parameters, Trades
from tests.plans import strategy_plan

Content = dict[str, Any]
START = 28_400_000  # 2024-01-01 in minutes
SPACE: Content = {
    "parameters": {
        "gap": {"type": "int", "low": 5, "high": 60},
        "hold": {"type": "int", "low": 1, "high": 6},
        "scale": {"type": "float", "low": 0.5, "high": 3.0},
        "side": {"type": "categorical", "choices": ["long", "short", "none", "broken"]},
    }
}
BORDERS = ("close", "carry", "drop")


def bars_of(count: int = 4000, *, generated: bool = False) -> Bars:
    """Hourly bars of a random walk, without weekends in it."""
    rng = np.random.default_rng(7)
    close = 100 + np.cumsum(rng.normal(0, 0.4, count))
    start = np.concatenate([[100.0], close[:-1]])
    high, low = np.maximum(start, close) + 0.2, np.minimum(start, close) - 0.2
    time = START + 60 * np.arange(count)
    return Bars.from_arrays(
        "WALK", M1(time, start, high, low, close, np.ones(count)), generated=generated
    )


@dataclass(frozen=True)
class Every:
    """Enters every `gap` bars for `hold` bars; the names of its parameters can be changed."""

    names: tuple[str, str, str, str] = ("gap", "hold", "scale", "side")
    account: Account = STANDARD_ACCOUNT
    name: str = "every"

    def space(self) -> Mapping[str, Any]:
        models = SPACE["parameters"].values()
        return {"parameters": dict(zip(self.names, models, strict=True))}

    def trades(self, bars: Bars, parameters: Parameters) -> Trades:
        defaults = {"gap": 20, "hold": 4, "scale": 1.0, "side": "long"}
        given = [
            parameters.get(name, default)
            for name, default in zip(self.names, defaults.values(), strict=True)
        ]
        gap, hold, scale, side = given
        if side == "broken":
            raise StrategyError(f"<b>side</b> {side} with {gap}")
        direction = -1 if side == "short" else 1
        entry = np.arange(3, bars.count - 1, int(gap))
        if side == "none":
            entry = entry[:0]
        leave = np.minimum(entry + int(hold), bars.count - 1)
        m1 = bars.m1
        made = direction * (m1.close[leave] - m1.open[entry]) / float(scale)
        sides = np.full(entry.size, direction, np.int64)
        return Trades(m1.time[entry], m1.time[leave], sides, m1.open[entry], m1.close[leave], made)


def outcome_of(
    sets: Iterable[Parameters],
    metric: str = "total_r",
    *,
    strategy: Every | None = None,
    space: Content | None = None,
    min_trades: int = 1,
    bars: Bars | None = None,
) -> SearchOutcome:
    """A search that tried these parameter sets in their order; a repeated one is known."""
    rule = strategy or Every()
    objective = Objective(goals_of(metric, None), min_trades)
    space_of = ParameterSpace.parse(space or rule.space())
    plan = strategy_plan(rule, bars or bars_of(), space_of, objective=objective)
    trials: list[Trial] = []
    known: dict[Any, Trial] = {}
    for number, parameters in enumerate(sets):
        key = space_of.key(parameters)
        if key in known:
            trials.append(replace(known[key], number=number, source=known[key].number))
            continue
        trials.append(_tried(plan, number, parameters))
        known[key] = trials[-1]
    asks = PlannedMethod("random", len(trials), 42)
    return SearchOutcome(replace(plan, asks=asks), Search(trials))


def _tried(plan: StrategyPlan, number: int, parameters: Parameters) -> Trial:
    answer = TrialEvaluator(plan.evaluation).answer(TrialQuestion(parameters))
    if answer.failure:
        return Trial(number, dict(parameters), "failed", reason=answer.failure)
    return replace(plan.judged(dict(parameters), answer), number=number)


def random_sets(
    count: int, names: tuple[str, ...] = ("gap", "hold", "scale", "side"), *, failing: bool = True
) -> list[Content]:
    """Parameter sets at random, every tenth one of those before once more."""
    rng = np.random.default_rng(3)
    sides = ["long", "short", "long", "short", "none", "broken"] if failing else ["long", "short"]
    found: list[Content] = []
    for at in range(count):
        if at % 10 == 9:
            found.append(found[at // 2])
            continue
        values = (
            int(rng.integers(5, 61)),
            int(rng.integers(1, 7)),
            float(rng.uniform(0.5, 3.0)),
            str(rng.choice(sides)),
        )
        found.append(dict(zip(names, values, strict=True)))
    return found


def write_files(outcome: SearchOutcome, folder: Path, **validation: Content) -> Path:
    """The files of a search, and validation files by name."""
    folder.mkdir(parents=True, exist_ok=True)
    write_search(outcome, folder)
    for name, content in validation.items():
        (folder / f"{outcome.market}_{name}.json").write_text(sealed(content))
    return folder


def metrics(*r: float) -> Content:
    """R10 of a few trades."""
    return dict(metrics_of_r(np.array(r, np.float64)))


def head(outcome: SearchOutcome) -> Content:
    """What every validation file begins with."""
    goal = outcome.plan.objective.metrics[0]
    return {
        "symbol": outcome.market,
        "generated_data": False,
        "metric": goal,
        "min_trades": 1,
        "strategy": outcome.strategy,
        "method": outcome.method,
        "border": "close",
        "notes": ["A note <b>of the file</b>."],
    }


def borders_of(*totals: float) -> Content:
    """Figures of each border policy."""
    return {name: metrics(total, 1.0) for name, total in zip(BORDERS, totals, strict=True)}


def days_of(first: str, last: str, count: int) -> Content:
    """A stretch of days."""
    return {"first": first, "last": last, "days": count}


def holdout_of(outcome: SearchOutcome) -> Content:
    """`--holdout-from 2024-05-01`."""
    top = [
        {
            "rank": rank,
            "trial": one.number,
            "params": dict(one.parameters),
            "in_sample_value": 12.0 - rank,
            "out_sample_value": 3.0 - rank,
            "out_sample_place": 7 * rank,
            "beaten": 0.75,
            "in_sample": metrics(12.0 - rank, -1.0),
            "out_sample": metrics(4.0 - rank, -1.0),
        }
        for rank, one in enumerate(outcome.ranking[:12], 1)
    ]
    return {
        **head(outcome),
        "holdout_from": "2024-05-01",
        "in_sample_days": days_of("2024-01-01", "2024-04-30", 121),
        "out_sample_days": days_of("2024-05-01", "2024-06-15", 46),
        "trials": len(outcome.trials),
        "eligible": len(outcome.ranking),
        "rank_correlation": 0.25,
        "mean_beaten": 0.625,
        "top": top,
        "borders": borders_of(1.25, 2.25, 3.25),
    }


def walk_of(outcome: SearchOutcome) -> Content:
    """`--walk-forward` with two windows, the second without a winner."""
    best = outcome.ranking[0]
    window = {
        "window": 1,
        "in_sample_days": days_of("2024-01-01", "2024-02-29", 60),
        "out_sample_days": days_of("2024-03-01", "2024-03-30", 30),
        "eligible": 20,
        "trial": best.number,
        "value": 9.5,
        "params": dict(best.parameters),
        "in_sample": metrics(9.5, -1.0),
        "out_sample": metrics(3.5, -1.0),
        "stitched_trades": 2,
    }
    none: Content = dict.fromkeys(("trial", "value", "params", "in_sample", "out_sample"))
    empty = {**window, "window": 2, **none, "eligible": 0, "stitched_trades": 0}
    return {
        **head(outcome),
        "in_sample_days": 60,
        "out_sample_days": 30,
        "step_days": 30,
        "anchored": False,
        "purge_days": 0,
        "trials_per_window": 50,
        "days_left_over": 5,
        "summary": {
            "windows": 2,
            "windows_with_winner": 1,
            "positive_window_rate": 0.5,
            "total_oos_r": 2.5,
            "total_oos_profit": 2500.0,
            "average_oos_sharpe": 1.0,
            "std_oos_profit": 0.0,
            "efficiency": None,
            "oos_days": 60,
        },
        "stitched": metrics(3.5, -1.0),
        "borders": None,
        "stability": [
            {
                "key": name,
                "mode": value,
                "share": 1.0,
                "distinct": 1,
                "least": None if isinstance(value, str) else value,
                "greatest": None if isinstance(value, str) else value,
                "deviation": None if isinstance(value, str) else 0.0,
            }
            for name, value in best.parameters.items()
        ],
        "windows": [window, empty],
    }


OOS_TRADES = """\
window,trial,date,entry_time,exit_time,direction,entry_price,exit_price,r,cumulative_r
1,3,2024-03-04,2024-03-04T10:00:00Z,2024-03-04T12:00:00Z,long,100.0,101.0,3.5,3.5
1,3,2024-03-05,2024-03-05T10:00:00Z,2024-03-05T12:00:00Z,short,100.0,101.0,-1.0,2.5
"""


def regimes_of(outcome: SearchOutcome) -> Content:
    """`--by-regime volatility`."""
    best, other = outcome.ranking[:2]
    names = ("low", "high", "all days")

    def one(name: str, trial: Trial | None) -> Content:
        figures = {where: metrics(5.0 + at, -1.0) for at, where in enumerate(names)}
        return {
            "chosen_on": name,
            "eligible": 9 if trial else 0,
            "trial": trial.number if trial else None,
            "value": 5.0 if trial else None,
            "params": dict(trial.parameters) if trial else None,
            "figures": figures if trial else None,
            "borders": borders_of(4.0, 5.0, 6.0) if trial else None,
        }

    return {
        **head(outcome),
        "kind": "volatility",
        "min_regime_trades": 1,
        "trials": 50,
        "days": {"low": 70, "high": 90, "no label": 3},
        "winners": [one("low", None), one("high", other), one("all days", best)],
        "coming": "high",
        "windows": [
            {"window": at, "one_total_r": -1.0, "switched_total_r": 2.0} for at in range(1, 5)
        ],
        "borders": {"one": borders_of(1.0, 2.0, 3.0), "switched": borders_of(4.0, 5.0, 6.0)},
        "comparison": {
            "days": 80,
            "different_days": 33,
            "unlabelled_days": 1,
            "unseen_days": 2,
            "one": metrics(-2.0, -1.25),
            "switched": metrics(4.75, 0.0),
            "difference": {"value": 8.0, "low": -1.0, "high": 17.0},
            "luck": 0.125,
        },
    }


def robustness_of(outcome: SearchOutcome) -> Content:
    """`--robustness`."""

    def one(rank: int, trial: Trial) -> Content:
        stress = {"as_tested": 12.5, "costs_x1_5": 6.5, "costs_x2": 1.5, "costs_x3": -7.5}
        low_high = {
            f"bootstrap_{name}_{end}": value
            for name in ("total_r", "sharpe_ratio", "max_drawdown")
            for end, value in (("low", -4.0), ("high", 30.0))
        }
        return {
            "scope": "all",
            "rank": rank,
            "trial": trial.number,
            "params": dict(trial.parameters),
            "metrics": dict(trial.metrics),
            "sharpe_per_trade": 0.1,
            "skewness": 0.0,
            "kurtosis": 3.0,
            "probabilistic_sharpe": 0.9,
            "deflated_sharpe": 0.25,
            "deflated_sharpe_effective": 0.5,
            "plateau_neighbours": 6,
            "plateau_mean": 7.25,
            "plateau_worst": -1.5,
            "plateau_score": 0.58,
            "plateau_note": "",
            "bootstrap_loss_probability": 0.125,
            "bootstrap_block_length": 3,
            **low_high,
            "stress": {name: metrics(total) for name, total in stress.items()},
        }

    return {
        **head(outcome),
        "top_n": 3,
        "sample": 40,
        "seed": 42,
        "trials": {
            "all": {
                "trials": len(outcome.trials),
                "space": None,
                "eligible": len(outcome.ranking),
                "effective_trials": 12.5,
                "variance": 0.01,
                "best_sharpe": 0.15,
                "expected_best": 0.2,
                "expected_best_effective": 0.125,
            }
        },
        "combinations": [one(rank, trial) for rank, trial in enumerate(outcome.ranking[:3], 1)],
        "pbo": {
            "blocks": 16,
            "combinations": 40,
            "samples": 12870,
            "probability": 0.375,
            "standard_error": 0.01,
            "loss_probability": 0.2,
            "slope": -0.5,
            "note": "",
        },
        "costs": [
            {"spread": None, "eligible": 40, "profitable": 9, "best_total_r": 12.5},
            {"spread": None, "eligible": 40, "profitable": 4, "best_total_r": 1.5},
        ],
        "verdict": [
            "The winner was examined.",
            "Conclusion: likely luck. So many tries give that.",
        ],
    }


def everything(outcome: SearchOutcome, folder: Path) -> Path:
    """The files of a search with every validation file beside."""
    write_files(
        outcome,
        folder,
        holdout=holdout_of(outcome),
        walk_forward=walk_of(outcome),
        regimes=regimes_of(outcome),
        robustness=robustness_of(outcome),
    )
    (folder / f"{outcome.market}_oos_trades.csv").write_text(OOS_TRADES)
    return folder
