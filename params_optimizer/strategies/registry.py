"""Strategies by name: the built-in ones, and `module.path:Name` for those of the user."""

import importlib
import inspect
import sys
import sysconfig
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from params_optimizer.environment import kernel_cache_folder
from params_optimizer.errors import StrategyError
from params_optimizer.strategies.account import STANDARD_ACCOUNT, Account
from params_optimizer.strategies.function import FunctionStrategy
from params_optimizer.strategies.guard import guarded, place_of, telling
from params_optimizer.strategies.protocol import Strategy

INITIAL_BALANCE = "initial_balance"
ENSEMBLE = "ensemble"
"""These two need more than an account; `orchestrator.strategies.load_strategy` builds them."""

BUILT_IN: Mapping[str, str] = {
    "ma_crossover": "params_optimizer.strategies.ma_crossover:MACrossover",
    "rsi": "params_optimizer.strategies.rsi:RSI",
    "bollinger": "params_optimizer.strategies.bollinger:Bollinger",
}
"""Name -> `module:Class` of the strategies that need nothing but an account."""

NAMES = (INITIAL_BALANCE, *BUILT_IN, ENSEMBLE)


def strategy_named(name: str, account: Account = STANDARD_ACCOUNT) -> Strategy:
    """The built-in strategy called `name`, or the one that `module.path:Name` leads to.

    A module is imported here and nowhere else; it may lie in the current folder.

    Raises:
        StrategyError: there is no such strategy, its module cannot be imported, or the object
            is not a strategy.
    """
    if name in BUILT_IN:
        return _built(imported(BUILT_IN[name]), name, account)
    if ":" in name:
        return _built(imported(name), name, account)
    if name in NAMES:
        raise StrategyError(f"strategy {name!r}: cannot be used inside an ensemble")
    near = get_close_matches(name, NAMES, 1)
    raise StrategyError(
        f"unknown strategy {name!r}{f'; did you mean {near[0]!r}?' if near else ''} Built in: "
        f"{', '.join(NAMES)}. Your own: module:Name, for example my_strategy:crossing for the "
        f"function crossing in my_strategy.py of this folder"
    )


def code_fingerprint(name: str) -> str:
    """A hash that changes when the code of a strategy changes.

    Of a strategy of the user: its module, and all that it has imported from beside it.

    Raises:
        StrategyError: what `strategy_named` raises.
    """
    if ":" not in name:
        return kernel_cache_folder().name
    module = _module(name.partition(":")[0], name)
    hashed = sha256()
    for source in _own_sources(module):
        hashed.update(source.read_bytes())
    return hashed.hexdigest()[:16]


def _own_sources(module: ModuleType) -> list[Path]:
    """The files of a module and of the loaded ones in its folder or below, no libraries."""
    file = getattr(module, "__file__", None)
    if not file:
        return []
    top = module.__name__.partition(".")[0]
    root = Path(file).resolve().parents[module.__name__.count(".") + (file.endswith("__init__.py"))]
    libraries = [Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")]
    libraries.append(Path(__file__).parents[1])
    sources = set()
    for name, loaded in [*sys.modules.items()]:
        source = getattr(loaded, "__file__", None)
        path = Path(source).resolve() if source else None
        if path is None or path.suffix != ".py" or not path.is_file():
            continue
        if name.partition(".")[0] == top or (
            path.is_relative_to(root)
            and not any(path.is_relative_to(library) for library in libraries)
        ):
            sources.add(path)
    return sorted(sources)


def imported(name: str, kind: str = "strategy") -> object:
    """What `module.path:Name` leads to; `kind` says in messages what it is to be.

    Raises:
        StrategyError: the module cannot be imported, or has no such name.
    """
    path, _, attribute = name.partition(":")
    module = _module(path, name, kind)
    try:
        target: object = module
        for part in attribute.split("."):
            target = getattr(target, part)
    except AttributeError as error:
        names = [key for key, value in vars(module).items() if _is_own(value, module.__name__)]
        raise StrategyError(
            f"{kind} {name!r}: module {path} has no {attribute!r}; it has "
            f"{', '.join(names) or 'no function or class of its own'}"
        ) from error
    return target


def _is_own(value: object, module: str) -> bool:
    return callable(value) and getattr(value, "__module__", None) == module


def _module(path: str, name: str, kind: str = "strategy") -> ModuleType:
    if path.endswith(".py") or "/" in path or "\\" in path:
        dotted = path.removesuffix(".py").replace("\\", "/").strip("./").replace("/", ".")
        raise StrategyError(
            f"{kind} {name!r}: write the module as Python imports it: "
            f"{dotted}:{name.rpartition(':')[2]}"
        )
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name and f"{path}.".startswith(f"{error.name}."):
            raise StrategyError(
                f"{kind} {name!r}: no module {error.name!r} in {folder} or among the "
                f"installed packages"
            ) from error
        raise StrategyError(f"{kind} {name!r}: {place_of(error)}") from error
    except Exception as error:
        raise StrategyError(f"{kind} {name!r}: cannot be imported: {place_of(error)}") from error


def _built(target: object, name: str, account: Account) -> Strategy:
    """A strategy of a class, an object or a plain function."""
    if inspect.isfunction(target):
        return FunctionStrategy(target, account, name=name)
    if inspect.isclass(target):
        make: Callable[..., object] = target
        with telling(name, {}):
            takes = inspect.signature(make).parameters
            target = make(account=account) if "account" in takes else make()
    if not isinstance(target, Strategy):
        raise StrategyError(
            f"strategy {name!r}: is {type(target).__name__}, neither a function of bars and "
            f"parameters nor an object with name, space() and trades(bars, parameters)"
        )
    return target if name in BUILT_IN else guarded(name, target)
