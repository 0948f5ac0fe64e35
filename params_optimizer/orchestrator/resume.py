"""Which directory a run works in: the newest unfinished one that fits, or a new one."""

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from params_optimizer.errors import LockedError, RunError
from params_optimizer.orchestrator.manifest import new_manifest
from params_optimizer.orchestrator.study import Say, Study
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import COMPLETE, RunDirectory

_PATIENCE = 2.0
_MEANING = {
    "symbol": "the symbol",
    "bars": "the bars (prepared anew?)",
    "grid": "the grid",
    "rules": "the version of the rules",
    "engine": "the version of the engine (its last digits differ)",
    "spread": "the spread",
    "news": "the news calendar or its minutes",
    "dates": "the dates (--from, --to)",
    "money": "initial_balance or risk_pct",
    "pyarrow": "the version of pyarrow",
    "kept": "--keep, or what decides which rows are the best",
}


def choose(study: Study, output: Path, name: str | None, *, resume: bool, say: Say) -> RunDirectory:
    """The directory to work in; nothing old is touched, a new one is made where needed.

    Raises:
        RunError: `name` is no directory of `output`, is complete, or belongs to other
            settings.
        LockedError: another process works on this very run.
    """
    found = find(study, output, name, resume=resume, say=say)
    return found or create(study, output, resume=resume)


def find(
    study: Study, output: Path, name: str | None, *, resume: bool, say: Say
) -> RunDirectory | None:
    """The directory to go on with; None where `create` has to make one.

    Raises:
        RunError, LockedError: see `choose`.
    """
    if name is not None:
        return _named(study, output, name)
    with run_directory.choosing(output):
        run = _to_continue(study, output, say) if resume else None
    if run:
        say(f"continuing {run.path.name}")
    return run


def create(study: Study, output: Path, *, resume: bool) -> RunDirectory:
    """A new directory, unless the same run was begun by another process since `find`.

    Raises:
        LockedError: it was.
    """
    with run_directory.choosing(output):
        run = _to_continue(study, output, _quiet) if resume else None
        prefix = f"{study.symbol}_{len(study.grid)}combos"
        now = datetime.now().astimezone()
        return run or run_directory.create(output, prefix, now, new_manifest(study))


def _quiet(text: str) -> None:
    del text


def _to_continue(study: Study, output: Path, say: Say) -> RunDirectory | None:
    """The newest unfinished run with this fingerprint; says in what others differ."""
    for run, fingerprint in reversed(_unfinished(study.symbol, output, say)):
        different = differences(fingerprint, study.fingerprint)
        # The process that worked there may have been killed a moment ago.
        at_work = run.is_locked(patience=_PATIENCE if not different else 0)
        if not different and at_work:
            raise LockedError(
                f"{run.path}: this very run is at work in another process; wait for it, or "
                f"start one of your own with --no-resume"
            )
        if not different:
            return run
        state = "at work in another process" if at_work else "unfinished"
        say(f"{run.path.name} is {state}, but not this run: it differs in {different}")
    return None


def differences(
    one: Mapping[str, object], other: Mapping[str, object], *, but: Collection[str] = ()
) -> str:
    """The fields in which two fingerprints differ, in words; empty where they agree.

    Fields named in `but` may differ.
    """
    known = [field for field in {**other, **one} if field not in but]
    fields = [field for field in known if one.get(field) != other.get(field)]
    return ", ".join(_MEANING.get(field, field) for field in fields)


def _named(study: Study, output: Path, name: str) -> RunDirectory:
    run = run_directory.named(output, name)
    manifest = run.manifest()
    if (symbol := manifest["fingerprint"].get("symbol")) != study.symbol:
        raise RunError(f"--run-dir {name}: is a run of {symbol}, not of {study.symbol}")
    if different := differences(manifest["fingerprint"], study.fingerprint):
        raise RunError(
            f"--run-dir {name}: that run differs in {different}; start without --run-dir for a "
            f"new run, or use the settings that stand in {run.path / run_directory.MANIFEST}"
        )
    if manifest.get("status") == COMPLETE:
        raise RunError(
            f"--run-dir {name}: that run is complete and is never continued; start without "
            f"--run-dir for a new one"
        )
    return run


def _unfinished(
    symbol: str, output: Path, say: Say
) -> list[tuple[RunDirectory, Mapping[str, object]]]:
    """Runs of the symbol that are not complete and their fingerprints, oldest first."""
    found = []
    for run, manifest in run_directory.manifests(run_directory.all_runs(output), symbol, say):
        fingerprint = manifest["fingerprint"]
        if fingerprint.get("symbol") == symbol and manifest.get("status") != COMPLETE:
            found.append((str(manifest.get("started", "")), run.path.name, run, fingerprint))
    return [(run, fingerprint) for _, _, run, fingerprint in sorted(found, key=lambda one: one[:2])]
