"""What the best sets of a run do in every scenario, and what their neighbours make."""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import NamedTuple

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.search.space import Key
from params_optimizer.strategies.protocol import Overtaking, Parameters, Strategy, shown
from params_optimizer.strategies.scopes import strategy_in
from params_optimizer.strategies.set_by_set import SetEvaluator
from params_optimizer.validation.again import Case, DailyQuestion, DailyResult
from params_optimizer.validation.candidates import Figures
from params_optimizer.validation.examination import (
    AS_TESTED,
    ExaminedRun,
    Leader,
    worse_markets,
)
from params_optimizer.validation.luck import PLATEAU_METRIC
from params_optimizer.validation.plateau import Plateau, around, plateau_of

_Results = Mapping[tuple[Case, Key], DailyResult | None]


class Examination(NamedTuple):
    """A leader as tested, its metrics by scenario, and its plateau.

    `overtakes`: its first trailing step puts the stop at or beyond the market.
    """

    leader: Leader
    result: DailyResult
    stress: Mapping[str, Figures]
    plateau: Plateau
    overtakes: bool


class _Neighbour(NamedTuple):
    """A set one step away in `parameter`; `total_r` is None where it must be evaluated."""

    parameter: str
    parameters: Parameters
    total_r: float | None


def examined(run: ExaminedRun, leaders: Sequence[Leader]) -> list[Examination]:
    """All leaders; everything is evaluated side by side in workers, once.

    Raises:
        RunError: the strategy fails with the parameters of a leader, or workers keep dying.
        Interrupted: the process was asked to stop; carries the exit code.
    """
    strategy = run.again.evaluation.strategy
    scopes = dict.fromkeys(leader.scope for leader in leaders)
    cases = {
        (scope, name): scenario
        for scope in scopes
        for name, scenario in scenarios(strategy_in(scope, strategy)).items()
    }
    near = [_neighbours(run, leader) for leader in leaders]
    questions = [
        DailyQuestion(case, leader.parameters)
        for leader in leaders
        for case in cases
        if case[0] == leader.scope
    ]
    questions += [
        DailyQuestion((leader.scope, AS_TESTED), neighbour.parameters)
        for leader, members in zip(leaders, near, strict=True)
        for neighbour in members
        if neighbour.total_r is None
    ]
    key = run.space.key
    keys = [(question.case, key(question.parameters)) for question in questions]
    results = dict(zip(keys, run.again.results(questions, cases), strict=True))
    return [
        _examination(run, leader, members, cases, results)
        for leader, members in zip(leaders, near, strict=True)
    ]


def scenarios(strategy: Strategy) -> dict[str, Strategy]:
    """A strategy as tested, and in the worse markets that it tells."""
    return {AS_TESTED: strategy, **worse_markets(strategy)}


def quick_stress(plan: Plan, number: int) -> dict[str, Figures]:
    """The metrics of a combination by scenario, in this process.

    Empty where the strategy is asked set by set, which is never done outside of workers.
    """
    if plan.set_by_set:
        return {}
    return {
        name: metrics_of_r(
            SetEvaluator(scenario, plan.bars, plan.sample).answer(plan.space[number]).r
        )
        for name, scenario in scenarios(plan.strategy).items()
    }


def _neighbours(run: ExaminedRun, leader: Leader) -> list[_Neighbour]:
    by_parameter = around(run.space, leader.parameters)
    pairs = [(name, near) for name, group in by_parameter.items() for near in group]
    totals = run.totals(leader.scope, [near for _, near in pairs])
    return [_Neighbour(*pair, total) for pair, total in zip(pairs, totals, strict=True)]


def _examination(
    run: ExaminedRun,
    leader: Leader,
    near: Sequence[_Neighbour],
    cases: Mapping[Case, Strategy],
    results: _Results,
) -> Examination:
    key, strategy = run.space.key, run.again.evaluation.strategy
    by_scenario: dict[str, DailyResult] = {}
    for case in cases:
        if case[0] == leader.scope:
            result = results[case, key(leader.parameters)]
            if result is None:
                raise RunError(f"{shown(leader.parameters)}: cannot be evaluated again ({case[1]})")
            by_scenario[case[1]] = result
    totals: dict[str, list[float]] = {name: [] for name in leader.parameters}
    for name, parameters, known_total in near:
        total = known_total
        if total is None and (made := results[(leader.scope, AS_TESTED), key(parameters)]):
            total = made.figures[PLATEAU_METRIC]
        if total is not None and not isnan(total):  # it did not fail
            totals[name].append(total)
    tested = by_scenario[AS_TESTED]
    return Examination(
        leader,
        tested,
        {name: result.figures for name, result in by_scenario.items()},
        plateau_of(tested.figures[PLATEAU_METRIC], totals),
        isinstance(strategy, Overtaking) and strategy.overtakes(leader.parameters),
    )
