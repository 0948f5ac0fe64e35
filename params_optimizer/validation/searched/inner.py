"""Searches on some of the days, and what their winners trade on others.

Each is kept in a journal of its own, named after its days: what is finished is not done
again, whichever validation asked for it first.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from params_optimizer.data.days import to_date
from params_optimizer.errors import OptimizerError, RunError
from params_optimizer.orchestrator.evaluator import Evaluator
from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.orchestrator.search_run import FOLDER, inner_key
from params_optimizer.orchestrator.signals import Interrupted
from params_optimizer.orchestrator.study import Say
from params_optimizer.orchestrator.trials import Listener, Plan, Problem, run_search
from params_optimizer.search.methods import Method
from params_optimizer.search.space import Parameters
from params_optimizer.storage import files
from params_optimizer.storage.journal import Journal
from params_optimizer.strategies.protocol import Daily, Trades
from params_optimizer.strategies.trades import BORDERS, Border, joined, no_trades
from params_optimizer.validation.windows import Days, shown

Make = Callable[[Problem], Method]
"""Makes a method at its beginning, for each choice of days anew."""
Watch = Callable[[str, int], AbstractContextManager[Listener]]
"""Shows how a search of this name and number of trials goes on."""
Borders = Mapping[Border, Trades]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where searches on some of the days of a search are made.

    `folder` is that of its files, `key` what its journals belong to.
    """

    outcome: SearchOutcome
    make: Make
    plan: Plan
    folder: Path
    key: str
    say: Say
    watch: Watch

    @property
    def problem(self) -> Problem:
        """What was searched on all days."""
        return self.outcome.problem

    def search(self, name: str, days: Days, min_trades: int | None = None) -> SearchOutcome:
        """The same search on `days`, for parameter sets with at least `min_trades` trades there.

        Raises:
            RunError, Interrupted, DamagedFileError: see `orchestrator.trials.run_search`.
        """
        problem = replace(self.problem, evaluation=self.problem.evaluation.on(days))
        if min_trades is not None:
            problem = replace(problem, objective=replace(problem.objective, min_trades=min_trades))
        self.say(f"{name}: search on {shown(days)}")
        files.make_folder(self.folder / FOLDER)
        own = _name(days, problem)
        path = self.folder / FOLDER / f"{own}.jsonl"
        journal = Journal(path, inner_key(self.key, own))
        method = self.make(problem)
        try:
            with self.watch(name, self.plan.trials) as listener:
                found = run_search(
                    problem, method, self.plan, self.say, journal=journal, listener=listener
                )
        except Interrupted as stopped:
            raise Interrupted(f"{name}: {stopped}", stopped.exit_code) from None
        return replace(self.outcome, problem=problem, search=found)

    def trades(self, parameters: Parameters, days: Days, border: Border | None = None) -> Trades:
        """The trades of a winner on `days`, under the border policy of the search or another.

        Raises:
            RunError: the strategy fails with these parameters there.
        """
        evaluation = self.problem.evaluation.on(days)
        if border is not None:
            evaluation = evaluation.under(border)
        try:
            return Evaluator(evaluation).trades(parameters)
        except OptimizerError as error:
            raise RunError(
                f"the winner {dict(parameters)} cannot be evaluated on {shown(days)}: {error}"
            ) from error

    def borders(self, legs: Sequence[tuple[Parameters, Days]]) -> Borders | None:
        """Trades of all legs together under each border policy; None where none is crossed."""
        if isinstance(self.outcome.rule, Daily):
            return None
        found = {
            one: joined([self.trades(*leg, one) for leg in legs] or [no_trades()])
            for one in BORDERS
        }
        first = found[BORDERS[0]]
        same = all(np.array_equal(first.r, one.r) for one in found.values())
        return None if same else found


def _name(days: Days, problem: Problem) -> str:
    """First and last day, their number, and a hash of what the directory does not decide."""
    first, last = (to_date(int(days[at])).isoformat() for at in (0, -1))
    content = f"{days.tolist()} {problem.objective.min_trades}"
    return f"{first}_{last}_{days.size}_{sha256(content.encode()).hexdigest()[:8]}"
