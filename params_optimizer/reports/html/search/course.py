"""How a search went: its trials in order, what decides, and the front of several goals."""

from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from params_optimizer.analytics.trial_course import front_of_two, improvements
from params_optimizer.reports.html.material import Content, short
from params_optimizer.reports.html.search.material import SearchMaterial
from params_optimizer.reports.html.words import label
from params_optimizer.reports.search import kind_of_failure
from params_optimizer.search.pareto import pareto_front
from params_optimizer.search.trial import STATES, State, Trial
from params_optimizer.strategies.protocol import shown

MOST_POINTS = 4000
"""Trials that are drawn; of more every so-manieth, and each that was the best so far."""
_KINDS = 10
_FAILED: Mapping[State, str] = {"failed": "failed", "timeout": "took too long"}


def history(material: SearchMaterial) -> Content:
    """Each trial with its state and the figures of the goals; the best so far of each goal."""
    trials, objective = material.outcome.trials, material.outcome.problem.objective
    best = [improvements(trials, goal) for goal in range(len(objective.goals))]
    step = -(-len(trials) // MOST_POINTS) or 1
    drawn = sorted({*range(0, len(trials), step), *(at for line in best for at in line)})
    return {
        "goals": [[goal.metric, label(goal.metric), goal.direction] for goal in objective.goals],
        "states": list(STATES),
        "trials": [_point(material, trials[at]) for at in drawn],
        "best": [
            [[trials[at].number, _figures(material, trials[at])[goal]] for at in line]
            for goal, line in enumerate(best)
        ],
        "count": len(trials),
        "step": step,
    }


def _point(material: SearchMaterial, trial: Trial) -> list[Any]:
    """Number, state, the trial that it was answered from, then a figure for each goal."""
    return [trial.number, STATES.index(trial.state), trial.source, *_figures(material, trial)]


def _figures(material: SearchMaterial, trial: Trial) -> list[float | None]:
    if not trial.losses:
        return [None] * len(material.goals)
    return [short(one + 0.0) for one in material.outcome.figures(trial)]  # no -0.0


def importance(material: SearchMaterial) -> list[Content]:
    """By goal: the parameters with their shares, greatest first."""
    return [
        {"metric": metric, "label": label(metric), "shares": [[*one] for one in shares.items()]}
        for metric, shares in material.importances.items()
    ]


def front(material: SearchMaterial) -> list[Trial]:
    """Trials that no other beats in every goal; none where there is one goal only."""
    return pareto_front(material.outcome.trials) if len(material.goals) > 1 else []


def pareto(material: SearchMaterial, best: list[Trial]) -> Content:
    """The front of all goals, and the line of the front of each two of them."""
    ranking = material.ranking
    losses = np.array([one.losses for one in ranking], np.float64)
    lines = {}
    for one, other in combinations(range(len(material.goals)), 2):
        places = front_of_two(losses[:, [one, other]]).tolist()
        points = [_figures(material, ranking[at]) for at in places]
        lines[f"{one}-{other}"] = [[point[one], point[other]] for point in points]
    return {
        "front": [[one.number, *_figures(material, one)] for one in best],
        "lines": lines,
    }


def failures(material: SearchMaterial) -> Content | None:
    """How many trials failed, and the most frequent kinds; None where none did."""
    failed = [one for one in material.outcome.distinct if one.state in _FAILED]
    if not failed:
        return None
    kinds: dict[str, list[Trial]] = {}
    for one in failed:
        kinds.setdefault(kind_of_failure(one), []).append(one)
    often = sorted(kinds.values(), key=len, reverse=True)
    states = Counter(one.state for one in failed)
    told = " and ".join(
        f"{states[state]:,} {text}" for state, text in _FAILED.items() if states[state]
    )
    words = f"Of {material.tried:,} parameter sets that were tried, {told}."
    if len(often) > _KINDS:
        words += f" The {_KINDS} most frequent of {len(often):,} kinds:"
    rows = [
        [f"{len(same):,} × {same[0].reason or 'took longer than a trial may'}", _example(same[0])]
        for same in often[:_KINDS]
    ]
    return {"words": words, "rows": rows}


def _example(trial: Trial) -> str:
    return f"for example trial {trial.number:,}: {shown(trial.parameters)}"
