"""`--check`: whether a run directory can be trusted, from its own files and the bars."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from params_optimizer.errors import MissingDataError, OptimizerError
from params_optimizer.orchestrator.check_trials import Step, journal_steps
from params_optimizer.orchestrator.columns import COMPLETE as EVALUATED
from params_optimizer.orchestrator.columns import FAILED, EvaluatedSlice, Failure
from params_optimizer.orchestrator.journals import JOURNAL
from params_optimizer.orchestrator.manifest import is_search
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.orchestrator.resume import differences_of_finished
from params_optimizer.orchestrator.run import ANSWERS, SURVEYS, full_results
from params_optimizer.orchestrator.stages import AllRows, Selection, SurveyStage
from params_optimizer.storage import parquet, pickles
from params_optimizer.storage.files import TEMPORARY_SUFFIX
from params_optimizer.storage.parts import find_parts
from params_optimizer.storage.results import Results, array
from params_optimizer.storage.run_directory import COMPLETE, LOCK, MANIFEST, RunDirectory

_DATA = "name their folder with --data-dir"
_OPTIONS = (
    "add the options that it was made with: --symbol or --data, --strategy, --method and theirs"
)
_SAMPLED_SLICES = 8
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked at, what is wrong, and the sentence that sums it up.

    `lacking` says what is not there to compare the run with, such as bars or a calendar, and
    `way` how to give it; `uncovered` are files that came after the run and have no checksum.
    """

    checked: tuple[str, ...]
    problems: tuple[str, ...]
    status: str
    lacking: str = ""
    uncovered: tuple[str, ...] = ()
    way: str = _DATA

    @property
    def trusted(self) -> bool:
        """Whether everything was looked at and nothing is wrong."""
        return not self.problems and not self.lacking

    def text(self) -> str:
        """One line a check and a problem, and the verdict as the last line."""
        lines = [f"checked: {line}" for line in self.checked]
        lines += [f"PROBLEM: {line}" for line in self.problems]
        if self.uncovered:
            lines.append(
                f"reports and validation files made after the run are not covered: "
                f"{', '.join(self.uncovered)}"
            )
        if self.trusted:
            lines.append(f"this run is {self.status} and can be trusted")
        elif not self.problems:
            lines.append(f"NOT CHECKED: {self.lacking}")
            lines.append(
                f"this run is {self.status}, its files are sound, but it could NOT be compared "
                f"with its data: {self.way}"
            )
        else:
            problems = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
            lines.append(f"this run is {self.status} and CANNOT be trusted: {problems}")
        return "\n".join(lines)


def check(directory: RunDirectory, plan_of: Callable[[], Plan | None], seed: int) -> Verdict:
    """Check manifest, coverage of the space, checksums, and a sample against the bars.

    `plan_of` makes the plan of the run, None where the command does not say which strategy it
    is: nothing that a file names is imported or executed. `seed` chooses the sample.
    """
    checked: list[str] = []
    problems: list[str] = []
    status, lacking = "unreadable", ""
    way = _DATA
    try:
        status, manifest = directory.status(), directory.manifest()
        if status == COMPLETE:
            line, problems = _checksums(directory)
            checked.append(line)
        plan = plan_of()
        if plan is None:
            lacking = "which strategy on which bars is not taken from the files of a run"
            way = _OPTIONS
        elif different := differences_of_finished(manifest, plan.fingerprint):
            lacking = f"this command is that of another run: it differs in {different}"
            plan, way = None, _OPTIONS
        else:
            checked.append("manifest; bars, space and costs are those of the run")
        for line, differences in _steps(directory, plan, seed, damaged=bool(problems)):
            checked.append(line)
            problems += differences
    except MissingDataError as error:
        lacking = str(error)
    except OptimizerError as error:
        problems.append(str(error))
    except (KeyError, TypeError, ValueError) as error:
        problems.append(f"run.json: is no manifest of a run ({error!r})")
    beside = _uncovered(directory, status)
    return Verdict(tuple(checked), tuple(problems), status, lacking, beside, way)


def _steps(
    directory: RunDirectory, plan: Plan | None, seed: int, *, damaged: bool
) -> Iterator[Step]:
    """What is looked at after the checksums; journals also without a plan."""
    if is_search(directory.manifest()):
        yield from journal_steps(directory, plan, seed)
    # Files that are not what was written are not opened: pyarrow may end the process.
    elif plan is not None and not damaged:
        complete = directory.status() == COMPLETE
        yield from (_complete if complete else _unfinished)(directory, plan, seed)


def _uncovered(directory: RunDirectory, status: str) -> tuple[str, ...]:
    """Files beside the manifest that it has no checksum of, if the run is complete."""
    if status != COMPLETE:
        return ()
    digests = directory.manifest().get("files")
    covered = {MANIFEST, LOCK, *(digests if isinstance(digests, dict) else ())}
    names = (path.name for path in directory.path.iterdir() if path.is_file())
    return tuple(sorted(name for name in names if name not in covered and not name.startswith(".")))


def _checksums(directory: RunDirectory) -> Step:
    """Whether every result file is what was written."""
    manifest = directory.manifest()
    digests = manifest.get("files")
    truth = JOURNAL if is_search(manifest) else full_results(str(manifest.get("symbol")))
    if not isinstance(digests, dict) or truth not in digests:
        return "checksums", [f"run.json holds no checksum of {truth}"]
    problems = [
        _file_problem(directory.path, str(name), checksum) for name, checksum in digests.items()
    ]
    return f"checksums of {len(digests)} files", [problem for problem in problems if problem]


def _complete(directory: RunDirectory, plan: Plan, seed: int) -> Iterator[Step]:
    if (pickle := directory.path / f"{plan.symbol}_variation_agg.pkl").exists():
        pickles.load(pickle)
    results = Results([directory.path / full_results(plan.symbol)])
    yield _coverage(plan, results)
    yield _sample(plan, results, seed, exact=_same_engine(directory, plan))


def _file_problem(folder: Path, name: str, checksum: object) -> str:
    """What is wrong with a file whose checksum is `checksum`; empty if nothing is."""
    path = folder / name
    if path.parent != folder or not path.is_file():
        return f"{name} is missing"
    return "" if parquet.file_digest(path) == checksum else f"{name} is not what was written"


def _unfinished(directory: RunDirectory, plan: Plan, seed: int) -> Iterator[Step]:
    slices = plan.slices
    if plan.most is None:
        folders = {directory.parts: AllRows().name}
    else:
        folders = {
            directory.path / ANSWERS: AllRows().name,
            directory.path / SURVEYS: SurveyStage().name,
            directory.parts: Selection.NAME,
        }
    for folder, stage in folders.items():
        if not folder.is_dir():
            continue
        parts = find_parts(folder, slices, str(directory.manifest()["run"]), stage)
        # What a killed worker had not finished is no damage; the next start clears it away.
        bad = [
            f"{path.name} {reason}"
            for path, reason in parts.bad.items()
            if not path.name.endswith(TEMPORARY_SUFFIX)
        ]
        yield f"{len(parts.good)} of {len(slices)} parts in {folder.name}", bad
        if stage == AllRows().name and parts.good:
            ordered = [parts.good[number] for number in sorted(parts.good)]
            yield _sample(plan, Results(ordered), seed, exact=_same_engine(directory, plan))


def _coverage(plan: Plan, results: Results) -> Step:
    """Whether every combination of the space has its row, once and in order."""
    line = f"{len(results):,} rows for {plan.space.count:,} combinations"
    if plan.most is not None:
        return f"{line}, kept: {plan.settings.keep}", []
    end = 0
    for piece in results.pieces(["combination"]):
        numbers = piece["combination"]
        if not numbers.size:
            continue
        if not np.array_equal(numbers, plan.space.allowed(end, int(numbers[-1]) + 1)):
            return line, [f"the rows from combination {end:,} on are not those of the space"]
        end = int(numbers[-1]) + 1
    complete = not any(
        plan.space.allowed(first, min(first + _BLOCK, len(plan.space))).size
        for first in range(end, len(plan.space), _BLOCK)
    )
    return line, [] if complete else [f"there are only {line}"]


def _same_engine(directory: RunDirectory, plan: Plan) -> bool:
    """Whether the version at work here made the run."""
    return bool(directory.manifest()["fingerprint"].get("engine") == plan.fingerprint["engine"])


def _sample(plan: Plan, results: Results, seed: int, *, exact: bool) -> Step:
    """Slices chosen by chance, evaluated again: equal bit for bit, or within R10 if not `exact`."""
    from pyarrow.compute import equal

    slices, evaluator = plan.slices, plan.evaluator()
    count = min(_SAMPLED_SLICES, len(slices))
    sampled = sorted(Random(seed).sample(range(len(slices)), count))  # noqa: S311  no secret
    compared, differences = 0, []
    for number in sampled:
        slice_ = slices[number]
        rows = results.between(slice_.first, slice_.first + slice_.rows)
        if plan.set_by_set:  # what failed may hang
            rows = rows.filter(equal(rows["state"], EVALUATED))
        if not rows.num_rows:
            continue
        numbers = array(rows["combination"])
        metrics = evaluator.metrics(slice_, numbers)
        failures = {n: Failure(FAILED, why) for n, why in evaluator.failures.items()}
        expected = plan.table.table(EvaluatedSlice(slice_, numbers, metrics, failures))
        compared += rows.num_rows
        if column := _first_difference(rows, expected, exact=exact):
            differences.append(f"column {column} of slice {number} is not what the bars give")
    return f"{compared:,} rows evaluated again from the bars (sample {seed})", differences


def _first_difference(  # tables of pyarrow
    rows: Any,  # noqa: ANN401
    expected: Any,  # noqa: ANN401
    *,
    exact: bool,
) -> str:
    for name in expected.column_names:
        if name not in rows.column_names:
            return str(name)
        stored, computed = array(rows[name]), array(expected[name])
        nan = stored.dtype.kind == "f"
        equal = np.array_equal(stored, computed, equal_nan=nan)
        if not equal and not exact and nan:
            equal = np.allclose(stored, computed, rtol=1e-6, atol=1e-9, equal_nan=True)
        if not equal:
            return str(name)
    return ""
