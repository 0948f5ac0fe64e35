"""Whether the journals of a run can be trusted, from themselves and the bars."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import OptimizerError, RunError
from params_optimizer.orchestrator.evaluator import TrialEvaluator, TrialQuestion
from params_optimizer.orchestrator.journals import FOLDER, inner_journal, journal_key, journal_of
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.orchestrator.trials import kept_search
from params_optimizer.search.trial import Trial, ranked
from params_optimizer.storage.run_directory import COMPLETE, RunDirectory

Step = tuple[str, list[str]]
"""What was looked at, and what is wrong with it."""

_SAMPLED: Final = 20
_EVALUATED: Final = ("complete", "infeasible")


def journal_steps(directory: RunDirectory, plan: Plan | None, seed: int) -> Iterator[Step]:
    """The journal of a run, those of searches on some of its days, a sample against the bars.

    Without a plan nothing is evaluated again; `seed` chooses the sample.

    Raises:
        DamagedFileError: the journal is not what was written.
    """
    planned, complete = int(directory.manifest()["trials"]), directory.status() == COMPLETE
    trials = kept_search(journal_of(directory), planned, complete=complete).trials
    yield f"{len(trials):,} trials of {planned:,} in the journal", []
    yield _inner(directory)
    if plan is not None:
        yield _sample(plan, trials, seed)


def check_answers(plan: Plan, trials: Sequence[Trial], name: str) -> None:
    """Refuse to go on with a run whose strategy answers otherwise than it did.

    The fingerprint knows the code of a strategy, not the files that it reads: one trial of
    those that are there, the best, is asked again.

    Raises:
        RunError: its metrics differ; `name` is that of the directory.
    """
    for trial in _usable(ranked(trials))[:1]:
        answer = TrialEvaluator(plan.evaluation).answer(TrialQuestion(trial.parameters))
        if answer.failure or metrics_of_r(answer.r) != dict(trial.metrics):
            raise RunError(
                f"{name}: trial {trial.number} of this search makes other trades now than when it "
                f"was searched: the strategy, or what it reads, has changed, or it uses chance; "
                f"search anew with --no-resume"
            )


def _usable(trials: Sequence[Trial]) -> list[Trial]:
    """Those that were evaluated as a whole, not answered from memory."""
    return [trial for trial in trials if trial.state in _EVALUATED and trial.source is None]


def _inner(directory: RunDirectory) -> Step:
    """Journals of searches on some of the days: every line is what was written."""
    key, problems = journal_key(directory.manifest()), []
    paths = sorted((directory.path / FOLDER).glob("*.jsonl"))
    for path in paths:
        try:
            inner_journal(directory.path, key, path.stem).look()
        except OptimizerError as error:
            problems.append(str(error))
    return f"{len(paths)} journals of searches on some of the days", problems


def _sample(plan: Plan, trials: Sequence[Trial], seed: int) -> Step:
    """Trials chosen by chance, evaluated again: their metrics are equal bit for bit."""
    usable = _usable(trials)
    sample = Random(seed).sample(usable, min(_SAMPLED, len(usable)))  # noqa: S311  no secret
    evaluator, differences = TrialEvaluator(plan.evaluation), []
    for trial in sorted(sample, key=lambda trial: trial.number):
        answer = evaluator.answer(TrialQuestion(trial.parameters))
        if answer.failure:
            differences.append(f"trial {trial.number} cannot be evaluated again: {answer.failure}")
        elif metrics_of_r(answer.r) != dict(trial.metrics):
            differences.append(f"trial {trial.number} is not what the bars give")
    return f"{len(sample)} trials evaluated again from the bars (sample {seed})", differences
