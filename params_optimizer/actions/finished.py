"""Which run a request is about, and what it was made with."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from params_optimizer.actions.common import Context
from params_optimizer.config import GridValues, Settings, parse_model, with_overrides
from params_optimizer.data.marker import is_generated
from params_optimizer.errors import RunError
from params_optimizer.requests.base import CONFIG
from params_optimizer.requests.fields import GRID, INITIAL_BALANCE
from params_optimizer.requests.messages import value_text
from params_optimizer.requests.run import FinishedRequest, RunFields
from params_optimizer.requests.settings import overrides
from params_optimizer.requests.stored import REQUEST, given_fields, restored, same
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import COMPLETE, MANIFEST, Manifest, RunDirectory


class NamedRun(NamedTuple):
    """A run by the name of its directory, with the settings and the request that made it."""

    directory: RunDirectory
    context: Context
    request: RunFields


def named_run(context: Context, request: RunFields) -> NamedRun:
    """The run that a request names; what the request leaves open is that of the run.

    Raises:
        RunError: there is none, it is a workflow, or the request names other settings.
        DamagedFileError: the manifest cannot be read.
    """
    directory = run_directory.named(context.output, str(request.directory))
    manifest = directory.manifest()
    _refuse_kind(directory, manifest, request)
    of_run = _values(manifest)
    _refuse_code(directory, manifest, of_run, request)
    if any(_differences(context, manifest, request)):
        raise _other_settings(context, directory, manifest, request)
    left_open = of_run.keys() - given_fields(request)
    whole = request.model_copy(update={name: of_run[name] for name in left_open})
    return NamedRun(directory, _made_with(context, directory, manifest, whole), whole)


def finished_run(context: Context, request: FinishedRequest, *, unfinished: bool) -> RunDirectory:
    """The newest complete run that has what the request names; without a strategy, of the grid.

    With `unfinished` the newest one that is not complete will do where none is.

    Raises:
        RunError: there is none, or none has these settings.
    """
    runs = _newest_first(context, request)
    complete = [(run, manifest) for run, manifest in runs if manifest.get("status") == COMPLETE]
    candidates = complete or (runs if unfinished else [])
    for run, manifest in candidates:
        if not any(_differences(context, manifest, request)):
            return run
    if candidates:
        raise _other_settings(context, *candidates[0], request)
    if request.strategy or request.symbol is None:
        raise RunError(
            f"{context.output}: holds no complete run of {request.strategy} on "
            f"{request.symbol or request.file}; add its {context.option('method')} to start one"
        )
    raise RunError(
        f"{context.output}: holds no complete run of {request.symbol}; start one with: "
        f"{context.command('--symbol', str(request.symbol))}"
    )


def _newest_first(
    context: Context, request: FinishedRequest
) -> list[tuple[RunDirectory, Manifest]]:
    """Runs of the market and strategy of a request, the newest first."""
    runs = [
        (run, manifest)
        for run, manifest in run_directory.manifests(
            run_directory.all_runs(context.output), request.symbol or ""
        )
        if request.symbol in (None, manifest.get("symbol")) and _is_about(manifest, request)
    ]
    if request.file is None:  # generated data never stands for a market
        generated = is_generated(context.data_dir)
        runs = [
            (run, manifest)
            for run, manifest in runs
            if bool(manifest.get("generated_data")) == generated
        ]
    return sorted(runs, key=lambda run: (str(run[1].get("started")), run[0].path.name))[::-1]


def _is_about(manifest: Manifest, request: FinishedRequest) -> bool:
    if "combinations" not in manifest and REQUEST not in manifest:
        return False
    of_run = _values(manifest)
    if request.strategy is None:
        return (of_run["strategy"], of_run["method"]) == (INITIAL_BALANCE, GRID)
    return bool(of_run["strategy"] == request.strategy)


def _is_earlier_search(manifest: Manifest) -> bool:
    """Whether a search is of a version that did not keep its request."""
    return manifest.get("kind") == "run" and not {"combinations", REQUEST} & manifest.keys()


def _refuse_kind(directory: RunDirectory, manifest: Manifest, request: RunFields) -> None:
    """Refuse workflows, and earlier searches without the options that they were made with."""
    kind = str(manifest.get("kind"))
    if kind == "workflow" or (_is_earlier_search(manifest) and request.method is None):
        command = manifest.get("command")
        raise RunError(
            f"{directory.path}: is a {'search' if kind == 'run' else kind}; ask about it with the "
            f"options of the command that made it{f': {command}' if command else ''}"
        )


def _refuse_code(
    directory: RunDirectory, manifest: Manifest, of_run: Mapping[str, Any], request: RunFields
) -> None:
    """Import no strategy because a file names it."""
    strategy = str(of_run.get("strategy"))
    if ":" in strategy and request.strategy is None:
        raise RunError(
            f"{directory.path}: its strategy {strategy} is code of yours, which is never run "
            f"because a file names it; add --strategy {strategy}, or repeat the command that made "
            f"it: {manifest.get('command', '')}"
        )


def _other_settings(
    context: Context, directory: RunDirectory, manifest: Manifest, request: RunFields
) -> RunError:
    field, value, of_run = next(_differences(context, manifest, request))
    name = context.option(field)
    if field == "symbol":
        return RunError(f"{directory.path}: is a run of {of_run}, not of {value}")
    return RunError(
        f"{name}{value_text(value)}: {directory.path.name} was made with "
        f"{'none' if of_run is None else of_run}, and would ignore it; leave {name} out, or start "
        f"a new run"
    )


def _differences(
    context: Context, manifest: Manifest, request: RunFields
) -> Iterator[tuple[str, object, object]]:
    """Field, value and the value of the run where a request names another one."""
    of_run = _values(manifest)
    for field in given_fields(request):
        value = getattr(request, field)
        if field == "grid" and "combinations" in manifest:
            if _grid_key(context, manifest, request.grid) != manifest["fingerprint"].get("grid"):
                yield field, value, "another grid"
        elif _is_earlier_search(manifest) and field not in of_run:
            continue  # its fingerprint tells
        elif not same(value, of_run.get(field)):
            yield field, value, of_run.get(field)


def _values(manifest: Manifest) -> Mapping[str, Any]:
    """What a run was made with, by field."""
    if REQUEST in manifest:
        return restored(manifest[REQUEST])
    if _is_earlier_search(manifest):
        names = ("symbol", "strategy", "method", "trials", "seed", "batch", "timeout")
        return {name: manifest[name] for name in names if manifest.get(name) is not None}
    settings = manifest["settings"]  # a run of the grid of an earlier version
    news = settings["news_filter"]
    first, last = (date.fromisoformat(day) if day else None for day in manifest["dates"])
    return {
        "symbol": manifest["symbol"],
        "strategy": INITIAL_BALANCE,
        "method": GRID,
        "first": first,
        "last": last,
        "spread": manifest["spread"],
        "execution": settings["backtest"].get("execution", "rules"),
        "keep": settings["keep"],
        "news_filter": news["enabled"],
        "news_before_minutes": news["before_minutes"],
        "news_after_minutes": news["after_minutes"],
    }


def _grid_key(context: Context, manifest: Manifest, grid: str | GridValues | None) -> str:
    from params_optimizer.orchestrator.study import load_grid

    return load_grid(
        context.settings, context.settings.symbol(manifest["symbol"]), grid
    ).fingerprint


def _made_with(
    context: Context, directory: RunDirectory, manifest: Manifest, request: RunFields
) -> Context:
    """The settings of the run, on this machine; those of a configuration file that was named."""
    settings = context.settings
    if CONFIG not in context.places and "settings" in manifest:
        source = str(directory.path / MANIFEST)
        machine = {name: getattr(settings, name) for name in ("parallelization", "paths")}
        settings = parse_model(Settings, manifest["settings"], source).model_copy(update=machine)
    return context.under(with_overrides(settings, overrides([request])))
