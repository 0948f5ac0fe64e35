"""Which directory a run works in: the newest unfinished one that fits, or a new one."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from params_optimizer.errors import LockedError, RunError
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import (
    COMPLETE,
    FORMAT,
    MANIFEST,
    Manifest,
    RunDirectory,
)

log = logging.getLogger(__name__)

LAST_DIGITS = frozenset({"engine", "pyarrow"})
"""Fields of the fingerprint that change bytes, but nothing that a trader would see."""
_PATIENCE = 2.0
_MEANING = {
    "symbol": "the symbol",
    "bars": "the bars (prepared anew?)",
    "grid": "the grid",
    "space": "the space",
    "strategy": "the strategy or its code",
    "method": "--method or its settings",
    "objective": "--metric, --direction, --min-trades or the bounds of the score",
    "seed": "--seed",
    "trials": "--trials",
    "batch": "--batch",
    "timeout": "--timeout",
    "rules": "the version of the rules",
    "engine": "the version of the program or its libraries (last digits may differ)",
    "pyarrow": "the version of pyarrow",
    "spread": "the spread",
    "execution": "--execution or --slippage",
    "costs": "spread, execution, commission, capital or the news filter",
    "news": "the news calendar or its minutes",
    "dates": "the dates (--from, --to)",
    "days": "the dates (--from, --to) or --border",
    "money": "initial_balance, capital or risk_pct",
    "account": "commission, capital or risk_pct",
    "timezone": "the time zone",
    "kept": "--keep, or what decides which rows are the best",
    "file": "the file of the workflow",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a run from others: runs of the same fingerprint are the same.

    `prefix` begins the name of a new directory; `group` are fields of the manifest that runs
    have in common where it is worth a message in what they differ.
    """

    fingerprint: Mapping[str, str]
    prefix: str
    group: Mapping[str, str | None]

    @property
    def symbol(self) -> str:
        """The market."""
        return self.fingerprint["symbol"]

    def resembles(self, manifest: Manifest) -> bool:
        """Whether a run is of the same symbol and group."""
        expected = {**self.group, "symbol": self.symbol}
        return all(manifest.get(name) == value for name, value in expected.items())


class DirectoryChoice(NamedTuple):
    """A directory to work in, and whether its run is complete already."""

    directory: RunDirectory
    complete: bool


def choose(
    identity: Identity,
    output: Path,
    name: str | None,
    manifest: Callable[[], Manifest],
    *,
    resume: bool,
    reuse: bool = False,
) -> DirectoryChoice:
    """The directory to work in; nothing old is touched, a new one is made where needed.

    With `reuse`, a complete run will do as well: the same run would have the same results.

    Raises:
        RunError: `name` is no directory of `output`, is complete and not to be used again, or
            belongs to other settings.
        LockedError: another process works on the same run.
    """
    choice = find(identity, output, name, resume=resume, reuse=reuse)
    return choice or create(identity, output, manifest, resume=resume)


def find(
    identity: Identity, output: Path, name: str | None, *, resume: bool, reuse: bool = False
) -> DirectoryChoice | None:
    """The directory to go on with; None where `create` has to make one.

    Raises:
        RunError, LockedError: see `choose`.
    """
    if name is not None:
        return _named(identity, output, name, reuse=reuse)
    with run_directory.choosing(output):
        choice = _newest(identity, output, reuse=reuse) if resume else None
    if choice:
        log.info(
            "%s is this run, complete; --run starts it anew"
            if choice.complete
            else "continuing %s",
            choice.directory.path.name,
        )
    return choice


def create(
    identity: Identity, output: Path, manifest: Callable[[], Manifest], *, resume: bool
) -> DirectoryChoice:
    """A new directory, unless the same run was begun by another process since `find`.

    Raises:
        LockedError: it was.
    """
    with run_directory.choosing(output):
        choice = _newest(identity, output, quiet=True) if resume else None
        moment = datetime.now().astimezone()
        return choice or DirectoryChoice(
            run_directory.create(output, identity.prefix, moment, manifest()), complete=False
        )


def differences(
    fingerprint: Mapping[str, object], present: Mapping[str, object], *, but: Collection[str] = ()
) -> str:
    """The fields in which two fingerprints differ, in words; empty where they agree.

    Fields named in `but` may differ.
    """
    names = [name for name in {**present, **fingerprint} if name not in but]
    names = [name for name in names if fingerprint.get(name) != present.get(name)]
    return ", ".join(_MEANING.get(name, name) for name in names)


def differences_of_finished(manifest: Manifest, fingerprint: Mapping[str, str]) -> str:
    """In which fields a finished run differs from one of this program that would be like it.

    Another version of the program gives the same trades, and figures within R10's tolerances.
    """
    stored, but = manifest["fingerprint"], LAST_DIGITS
    if manifest.get("format") != FORMAT:  # it knows fewer fields, and writes hashes in another way
        but |= fingerprint.keys() - (stored.keys() - {"method", "objective", "costs"})
        but |= stored.keys() - fingerprint.keys()
    return differences(_without_kernels(stored), _without_kernels(fingerprint), but=but)


def _without_kernels(fingerprint: Mapping[str, object]) -> dict[str, object]:
    """The fingerprint without the version of the built-in strategies, which `engine` tells."""
    words = str(fingerprint.get("strategy", "")).split()
    plain = [word for word in words if not word.startswith("kernels-")]
    return {**fingerprint, "strategy": " ".join(plain)}


def _newest(
    identity: Identity, output: Path, *, reuse: bool = False, quiet: bool = False
) -> DirectoryChoice | None:
    """The newest run with this fingerprint; says in what other unfinished ones differ."""
    for run, manifest in _similar(identity, output, quiet=quiet):
        complete = manifest.get("status") == COMPLETE
        if complete and (not reuse or differences_of_finished(manifest, identity.fingerprint)):
            continue
        if not complete and manifest.get("format") != FORMAT:
            if not quiet:
                log.info("%s: %s", run.path.name, _older(manifest))
            continue
        different = "" if complete else differences(manifest["fingerprint"], identity.fingerprint)
        # The process that worked there may have been killed a moment ago.
        locked = run.is_locked(patience=_PATIENCE if not different else 0)
        if different:
            state = "in progress in another process" if locked else "unfinished"
            if not quiet:
                log.info(
                    "%s is %s, but another run: it differs in %s", run.path.name, state, different
                )
        elif locked:
            raise LockedError(
                f"{run.path}: this run is in progress in another process; wait for it, or start "
                f"a new one with --no-resume"
            )
        else:
            return DirectoryChoice(run, complete)
    return None


def _named(identity: Identity, output: Path, name: str, *, reuse: bool) -> DirectoryChoice:
    run = run_directory.named(output, name)
    manifest = run.manifest()
    complete = manifest.get("status") == COMPLETE
    for field, value in {**identity.group, "symbol": identity.symbol}.items():
        if (stored := manifest.get(field)) != value:
            raise RunError(f"--run-dir {name}: its {field} is {stored}, not {value}")
    if not complete and manifest.get("format") != FORMAT:
        raise RunError(f"--run-dir {name}: {_older(manifest)}")
    compare = differences_of_finished if complete else _differences_of_unfinished
    if different := compare(manifest, identity.fingerprint):
        raise RunError(
            f"--run-dir {name}: that run differs in {different}; start without --run-dir for a "
            f"new run, or use the settings in {run.path / MANIFEST}"
        )
    if complete and not reuse:
        raise RunError(
            f"--run-dir {name}: that run is complete and is never continued; start without "
            f"--run-dir for a new one"
        )
    return DirectoryChoice(run, complete)


def _differences_of_unfinished(manifest: Manifest, fingerprint: Mapping[str, str]) -> str:
    return differences(manifest["fingerprint"], fingerprint)


def _older(manifest: Manifest) -> str:
    versions = manifest.get("libraries", {})
    return (
        f"unfinished run of version {versions.get('params_optimizer', 'unknown')}, which only "
        f"that version can continue"
    )


def _similar(
    identity: Identity, output: Path, *, quiet: bool
) -> Iterator[tuple[RunDirectory, Manifest]]:
    """Runs of the same symbol and group, newest first."""
    runs = run_directory.manifests(run_directory.all_runs(output), identity.symbol, quiet=quiet)
    similar = [
        (str(manifest.get("started", "")), run.path.name, run, manifest)
        for run, manifest in runs
        if identity.resembles(manifest)
    ]
    for *_, run, manifest in sorted(similar, key=lambda entry: entry[:2], reverse=True):
        yield run, manifest
