"""`--check` of a search: whether its directory can be trusted, from its files and the bars."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import OptimizerError, RunError
from params_optimizer.orchestrator.check import Verdict, file_problem, uncovered
from params_optimizer.orchestrator.evaluator import TrialEvaluator, TrialQuestion
from params_optimizer.orchestrator.resume import differences_of_finished
from params_optimizer.orchestrator.search_run import (
    FOLDER,
    JOURNAL,
    inner_key,
    journal_key,
    journal_of,
)
from params_optimizer.orchestrator.trials import Problem, kept_search
from params_optimizer.search.trial import Trial, ranked
from params_optimizer.storage.journal import Journal
from params_optimizer.storage.run_directory import COMPLETE, RunDirectory

SAMPLED: Final = 20
_EVALUATED: Final = ("complete", "infeasible")
_WAY: Final = (
    "add the options that it was made with: --symbol or --data, --strategy, --method and theirs"
)


def check_search(
    directory: RunDirectory,
    problem: Problem | None,
    fingerprint: Mapping[str, str] | None,
    seed: int,
) -> Verdict:
    """Check manifest, checksums and journal; with a problem, a sample of trials against the bars.

    A strategy is imported by who makes `problem`, never because a file names it. `fingerprint` is
    that of the problem; `seed` chooses the sample.
    """
    checked, problems, status, lacking = list[str](), list[str](), "unreadable", ""
    try:
        status, manifest = directory.status(), directory.manifest()
        if status == COMPLETE:
            checksums = dict(manifest.get("files", {}))
            file_problems = [
                file_problem(directory.path, str(name), checksum)
                for name, checksum in checksums.items()
            ]
            checked.append(f"checksums of {len(checksums)} files")
            problems += filter(None, file_problems)
            problems += (
                [] if JOURNAL in checksums else ["run.json holds no checksum of the journal"]
            )
        planned = int(manifest["trials"])
        journal = journal_of(directory)
        trials = kept_search(journal, planned, complete=status == COMPLETE).trials
        checked.append(f"{len(trials):,} trials of {planned:,} in the journal")
        line, differences = _inner(directory)
        checked.append(line)
        problems += differences
        if problem is None or fingerprint is None:
            lacking = "which strategy on which bars is not taken from the files of a run"
        elif different := differences_of_finished(manifest, fingerprint):
            lacking = f"this command is that of another search: it differs in {different}"
        else:
            line, differences = _sample(problem, trials, seed)
            checked.append(line)
            problems += differences
    except OptimizerError as error:
        problems.append(str(error))
    except (KeyError, TypeError, ValueError) as error:
        problems.append(f"run.json: is no manifest of a search ({error!r})")
    return Verdict(
        tuple(checked), tuple(problems), status, lacking, uncovered(directory, status), _WAY
    )


def check_answers(problem: Problem, trials: Sequence[Trial], name: str) -> None:
    """Refuse to go on with a search whose strategy answers otherwise than it did.

    The fingerprint knows the code of a strategy, not the files that it reads: one trial of
    those that are there, the best, is asked again.

    Raises:
        RunError: its metrics differ; `name` is that of the directory.
    """
    usable = [
        trial for trial in ranked(trials) if trial.state in _EVALUATED and trial.source is None
    ]
    for trial in usable[:1]:
        answer = TrialEvaluator(problem.evaluation).answer(TrialQuestion(trial.parameters))
        if answer.failure or metrics_of_r(answer.r) != dict(trial.metrics):
            raise RunError(
                f"{name}: trial {trial.number} of this search makes other trades now than when it "
                f"was searched: the strategy, or what it reads, has changed, or it uses chance; "
                f"search anew with --no-resume"
            )


def _inner(directory: RunDirectory) -> tuple[str, list[str]]:
    """Journals of searches on some of the days: every line is what was written."""
    paths, problems = sorted((directory.path / FOLDER).glob("*.jsonl")), []
    for path in paths:
        try:
            Journal(path, inner_key(journal_key(directory.manifest()), path.stem)).look()
        except OptimizerError as error:
            problems.append(str(error))
    return f"{len(paths)} journals of searches on some of the days", problems


def _sample(problem: Problem, trials: list[Trial], seed: int) -> tuple[str, list[str]]:
    """Trials chosen by chance, evaluated again: their metrics are equal bit for bit."""
    usable = [trial for trial in trials if trial.state in _EVALUATED and trial.source is None]
    sample = Random(seed).sample(usable, min(SAMPLED, len(usable)))  # noqa: S311  no secret
    evaluator, differences = TrialEvaluator(problem.evaluation), []
    for trial in sorted(sample, key=lambda trial: trial.number):
        answer = evaluator.answer(TrialQuestion(trial.parameters))
        if answer.failure:
            differences.append(f"trial {trial.number} cannot be evaluated again: {answer.failure}")
        elif metrics_of_r(answer.r) != dict(trial.metrics):
            differences.append(f"trial {trial.number} is not what the bars give")
    return f"{len(sample)} trials evaluated again from the bars (sample {seed})", differences
