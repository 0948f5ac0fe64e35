"""Which run a request is about, and whether its options are those of the run."""

from collections.abc import Iterator, Mapping
from typing import Any

from params_optimizer.actions.common import Context
from params_optimizer.errors import RunError
from params_optimizer.requests.fields import INITIAL_BALANCE
from params_optimizer.requests.messages import shown
from params_optimizer.requests.run import FinishedRequest, RunFields
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import COMPLETE, Manifest, RunDirectory


def finished_run(context: Context, request: FinishedRequest, *, unfinished: bool) -> RunDirectory:
    """The named run, or the newest complete one that has what the request names.

    With `unfinished` the newest one that is not complete will do where none is.

    Raises:
        RunError: there is none, or it is of another kind or has other settings.
    """
    output = context.output
    if request.directory:
        directory = run_directory.named(output, request.directory)
        refuse_other(context, directory, request)
        return directory
    runs = _newest_first(context, str(request.symbol))
    complete = [(run, manifest) for run, manifest in runs if manifest.get("status") == COMPLETE]
    candidates = complete or (runs if unfinished else [])
    for run, manifest in candidates:
        if not any(_differences(context, manifest, request)):
            return run
    if candidates:
        raise _other_settings(context, *candidates[0], request)
    raise RunError(
        f"{output}: holds no complete run of {request.symbol}; start one with: "
        f"{context.command(str(request.symbol))}"
    )


def refuse_other(context: Context, directory: RunDirectory, request: RunFields) -> None:
    """Refuse a run that is not one of the grid, or has other settings than the request.

    Raises:
        RunError: the message names the first difference.
        DamagedFileError: the manifest cannot be read.
    """
    from params_optimizer.orchestrator.manifest import is_search

    manifest = directory.manifest()
    if is_search(manifest):
        command = manifest.get("command", "")
        raise RunError(
            f"{directory.path}: is a search; ask about it with the command that made it, and what "
            f"you want beside it: {command}"
        )
    if (kind := manifest.get("kind")) != "run":
        raise RunError(
            f"{directory.path}: is a {kind}, not a run of the grid; its own command goes on with "
            f"it, and report.txt shows what it found"
        )
    symbol = manifest.get("symbol")
    if request.symbol not in (None, symbol):
        raise RunError(f"{directory.path}: is a run of {symbol}, not of {request.symbol}")
    if any(_differences(context, manifest, request)):
        raise _other_settings(context, directory, manifest, request)


def _newest_first(context: Context, symbol: str) -> list[tuple[RunDirectory, Manifest]]:
    runs = [
        (run, manifest)
        for run, manifest in run_directory.manifests(run_directory.all_runs(context.output), symbol)
        if manifest.get("symbol") == symbol and "combinations" in manifest
    ]
    return sorted(runs, key=lambda run: (str(run[1].get("started")), run[0].path.name))[::-1]


def _other_settings(
    context: Context, directory: RunDirectory, manifest: Manifest, request: RunFields
) -> RunError:
    field, value, of_run = next(_differences(context, manifest, request))
    name = context.option(field)
    return RunError(
        f"{name}{shown(value)}: {directory.path.name} was made with "
        f"{'none' if of_run is None else of_run}, and would ignore it; leave {name} out, or add "
        f"--run for a new run"
    )


def _differences(
    context: Context, manifest: Manifest, request: RunFields
) -> Iterator[tuple[str, object, object]]:
    """Field, value and the value of the run where a request names another one."""
    of_run = _values(manifest)
    for field in sorted(request.model_fields_set - {"directory"}):
        value = getattr(request, field)
        if field == "grid":
            if _grid_key(context, manifest, str(value)) != manifest["fingerprint"].get("grid"):
                yield field, value, "another grid"
        elif value is not None and value != of_run.get(field):
            yield field, value, of_run.get(field)


def _values(manifest: Manifest) -> Mapping[str, Any]:
    """What a run of the grid was made with, by field."""
    from datetime import date

    settings = manifest["settings"]
    news = settings["news_filter"]
    first, last = (date.fromisoformat(day) if day else None for day in manifest["dates"])
    return {
        "symbol": manifest["symbol"],
        "strategy": INITIAL_BALANCE,
        "method": "grid",
        "first": first,
        "last": last,
        "spread": manifest["spread"],
        "keep": settings["keep"],
        "news_filter": news["enabled"],
        "news_before_minutes": news["before_minutes"],
        "news_after_minutes": news["after_minutes"],
    }


def _grid_key(context: Context, manifest: Manifest, grid: str) -> str:
    from params_optimizer.orchestrator.study import load_grid

    return load_grid(
        context.settings, context.settings.symbol(manifest["symbol"]), grid
    ).fingerprint
