"""One run from its directory to its final files (DESIGN 5)."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from params_optimizer.errors import DamagedFileError, RunError
from params_optimizer.orchestrator import selection
from params_optimizer.orchestrator.checkpoint import Checkpoint, at_work, complete
from params_optimizer.orchestrator.exhaustive import Parts
from params_optimizer.orchestrator.journals import JOURNAL, journal_of, journaled
from params_optimizer.orchestrator.outcome import (
    RANKING_ROWS,
    Outcome,
    SearchOutcome,
    rank,
    trials_of,
)
from params_optimizer.orchestrator.plan import Plan, StrategyPlan
from params_optimizer.orchestrator.progress import Progress, Snapshot, TrialProgress
from params_optimizer.orchestrator.resume import Identity, differences
from params_optimizer.orchestrator.signals import StopRequest
from params_optimizer.orchestrator.stages import AllRows, Selection, Stage, SurveyStage
from params_optimizer.orchestrator.trials import Listener, search
from params_optimizer.search.trial import Trial
from params_optimizer.storage import files, parquet
from params_optimizer.storage.parts import (
    METADATA_KEY,
    find_parts,
    intact_parts,
    remove_parts,
    set_aside,
)
from params_optimizer.storage.results import Results
from params_optimizer.storage.run_directory import COMPLETE, RunDirectory

RESULTS = "results_final.parquet"
SURVEYS = "survey.parquet"
ANSWERS = "answers.parquet"
"""With `--keep top:N`, every row of a strategy that is asked set by set; deleted in the end."""
_DIGEST = "results_sha256"

Phase = Callable[[str], None]


def _unwatched(name: str) -> None:
    del name


def full_results(symbol: str) -> str:
    """Name of the file with all rows."""
    return f"{symbol}_full_results.parquet"


def identity_of(plan: Plan) -> Identity:
    """What tells a run of `plan` from others."""
    method, group = plan.method, {"kind": "run", "strategy": plan.strategy_name}
    if not method.exhaustive:
        return Identity(
            plan.fingerprint, f"{plan.symbol}_{method.name}", {**group, "method": method.name}
        )
    # Earlier versions kept a journal of trials of some grids.
    grid = {**group, "method": method.name, "trials": None}
    return Identity(plan.fingerprint, f"{plan.symbol}_{plan.space.count}combos", grid)


def execute(
    plan: Plan,
    directory: RunDirectory,
    workers: int,
    listener: Callable[[Any], None],
    write_reports: Callable[[Any, Path], None],
    phase: Phase = _unwatched,
) -> Outcome | SearchOutcome:
    """Do what is missing of a run and write its final files.

    `listener` hears how far it is: of a whole space a `Snapshot`, of a search all trials after
    each batch. `phase` hears the name of each thing that is begun: searching, joining, ranking,
    writing. `write_reports` takes what the function returns, and the folder.

    Raises:
        LockedError: another process works in the directory.
        Interrupted: the process was asked to stop; carries the exit code.
    """
    with at_work(directory, plan.settings.checkpoint.file) as (stop, checkpoint):
        _begin(plan, directory)
        outcome: Outcome | SearchOutcome
        if isinstance(plan, StrategyPlan) and not plan.method.exhaustive:
            phase("searching")
            outcome = _search(plan, directory, workers, listener, checkpoint)
        else:
            outcome = _evaluated(plan, directory, workers, listener, checkpoint, stop, phase)
        phase("writing")
        write_reports(outcome, directory.path)
        _finish(plan, directory, checkpoint)
    return outcome


def _search(
    plan: StrategyPlan,
    directory: RunDirectory,
    workers: int,
    listener: Listener,
    checkpoint: Checkpoint,
) -> SearchOutcome:
    """Ask the method for the trials that are not in the journal."""
    progress = TrialProgress(plan.method.trials, checkpoint)

    def listen(trials: Sequence[Trial]) -> None:
        progress(trials)
        listener(trials)

    trials = search(plan, workers, journal=journal_of(directory), listener=listen)
    return SearchOutcome(plan, trials)


def _evaluated(
    plan: Plan,
    directory: RunDirectory,
    workers: int,
    listener: Callable[[Snapshot], None],
    checkpoint: Checkpoint,
    stop: StopRequest,
    phase: Phase,
) -> Outcome:
    """Evaluate the slices that have no part, and join the parts to the table."""
    if not _is_joined(plan, directory):
        phase("searching")
        _work(plan, directory, workers, listener, checkpoint, stop)
        phase("joining")
        _join(plan, directory)
    phase("ranking")
    table = directory.path / full_results(plan.symbol)
    files.link_or_copy(table, directory.path / RESULTS)
    return rank(plan, table)


def outcome_of(directory: RunDirectory, plan: Plan, limit: int = RANKING_ROWS) -> Outcome:
    """What a complete run found; its tables hold the `limit` best.

    Raises:
        RunError: the run is not complete.
        DamagedFileError: its results are not what was written.
    """
    if directory.manifest().get("status") != COMPLETE:
        raise RunError(
            f"{directory.path}: this run is {directory.status()}, not complete; the command "
            f"that started it goes on with it"
        )
    if not _is_joined(plan, directory):
        raise DamagedFileError(
            f"{directory.path / full_results(plan.symbol)}: is missing, or not what the run "
            f"wrote; run it anew"
        )
    return rank(plan, directory.path / full_results(plan.symbol), limit=limit)


def outcome_so_far(directory: RunDirectory, plan: Plan, limit: int = RANKING_ROWS) -> Outcome:
    """What a run found, complete or not; of an unfinished one over the slices that are done.

    Raises:
        RunError: it is unfinished and keeps the best rows only: none of them is certain yet.
        DamagedFileError: its results are not what was written.
    """
    if directory.manifest().get("status") == COMPLETE:
        return outcome_of(directory, plan, limit)
    if _is_joined(plan, directory):  # stopped between the results and the end of the run
        return rank(plan, directory.path / full_results(plan.symbol), limit=limit)
    if plan.most is not None:
        raise RunError(
            f"{directory.path}: this run is {directory.status()} and keeps the best rows only, "
            f"which are known at its end; the command that started it goes on with it"
        )
    if not directory.parts.is_dir():
        raise DamagedFileError(f"{directory.path}: holds no results; run it anew")
    return rank(plan, Results(intact_parts(directory.parts)), limit=limit)


def searched(directory: RunDirectory, plan: StrategyPlan, *, unfinished: bool) -> SearchOutcome:
    """The trials of a run; of an exhaustive one a trial for each row, judged as in its table.

    Raises:
        RunError: the run is exhaustive, and not complete; `unfinished` admits that.
        DamagedFileError: its results are not what was written.
    """
    if not plan.method.exhaustive:
        return SearchOutcome(plan, journaled(directory, plan.method.trials))
    table = (outcome_so_far if unfinished else outcome_of)(directory, plan)
    plan = replace(plan, objective=plan.objective.bounded(table.limits))
    return SearchOutcome(plan, trials_of(table, plan))


def _begin(plan: Plan, directory: RunDirectory) -> None:
    """Look again at the manifest, now that it is locked."""
    manifest = directory.manifest()
    different = differences(manifest["fingerprint"], plan.fingerprint)
    if different or manifest.get("status") == COMPLETE:
        raise RunError(f"{directory.path}: another process finished or changed this run just now")
    # Ranking weights may have changed; the manifest says what the final files are made with.
    settings = plan.settings.model_dump(mode="json")
    goes_on = {**manifest, "status": None, "ended": None, "settings": settings}
    if goes_on != manifest:
        directory.write_manifest(goes_on)


def _work(
    plan: Plan,
    directory: RunDirectory,
    workers: int,
    listener: Callable[[Snapshot], None],
    checkpoint: Checkpoint,
    stop: StopRequest,
) -> None:
    """Finish the parts of every stage; a stop request keeps what is done."""
    stored = directory.path / ANSWERS if plan.most is not None and plan.set_by_set else None
    passes = 1 if plan.most is None else 2 if stored is None else 3
    progress = Progress(
        plan.space.count, passes, checkpoint, plan.settings.checkpoint.interval, listener
    )

    def finish(stage: Stage, folder: Path, source: Path | None = None) -> None:
        files.make_folder(folder)
        parts = find_parts(folder, plan.slices, plan.key, stage.name)
        set_aside(parts.bad, directory.aside)
        try:
            Parts(plan, stage, folder, source).make(workers, progress, stop)
        finally:
            progress.save()

    if plan.most is None:
        finish(AllRows(), directory.parts)
        return
    if stored:  # no set is asked twice: both passes read what was answered
        finish(AllRows(), stored)
        progress.begin_pass(1)
    surveys = directory.path / SURVEYS
    finish(SurveyStage(), surveys, stored)
    progress.begin_pass(passes - 1)
    survey = selection.survey_of(intact_parts(surveys))
    finish(Selection(survey, plan.most), directory.parts, stored)


def _is_joined(plan: Plan, directory: RunDirectory) -> bool:
    """Whether the parts were joined, and the file still proves itself."""
    final, digest = directory.path / full_results(plan.symbol), directory.manifest().get(_DIGEST)
    return digest is not None and final.is_file() and parquet.file_digest(final) == digest


def _join(plan: Plan, directory: RunDirectory) -> None:
    """One file of all parts, verified; from its digest in the manifest on, it is the truth."""
    final = directory.path / full_results(plan.symbol)
    metadata = {METADATA_KEY: json.dumps({"rows": plan.space.count, "fingerprint": plan.key})}
    parts = intact_parts(directory.parts)
    if plan.most is None:
        digest = parquet.join(parts, final, metadata, plan.space.count)
    else:
        survey = selection.survey_of(intact_parts(directory.path / SURVEYS))
        digest = selection.join(plan.table, survey, parts, final, metadata)
    if parquet.file_digest(final) != digest:
        raise RunError(f"{final}: does not hold what was written; check this disk")
    directory.write_manifest({**directory.manifest(), _DIGEST: digest})


def _finish(plan: Plan, directory: RunDirectory, checkpoint: Checkpoint) -> None:
    """Delete the parts and mark the run complete, with the checksums of its files."""
    table = directory.path / full_results(plan.symbol)
    files.link_or_copy(table, directory.path / RESULTS)
    # That of joined parts was computed, and read back, when they were joined.
    of_table = str(directory.manifest().get(_DIGEST) or parquet.file_digest(table))
    digests = {
        path.name: of_table if path.samefile(table) else parquet.file_digest(path)
        for path in result_files(directory)
    }
    for folder in (directory.parts, directory.path / SURVEYS, directory.path / ANSWERS):
        remove_parts(folder, directory.aside)
    complete(directory, checkpoint, {"files": digests})


def result_files(directory: RunDirectory) -> list[Path]:
    """The final files of a run, without what tells of its life or is made on request."""
    prefix = f"{directory.manifest()['symbol']}_"
    suffixes = (".parquet", ".csv", ".json", ".txt", ".pkl")
    return sorted(
        path
        for path in directory.path.iterdir()
        if (
            path.is_file()
            and path.suffix in suffixes
            and (path.name.startswith(prefix) or path.name == RESULTS)
        )
        or path.name == JOURNAL
    )
