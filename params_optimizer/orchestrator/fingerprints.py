"""What makes two runs of a strategy the same: the fields of their fingerprint."""

import json
import pickle
from dataclasses import asdict, replace
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from params_optimizer import __version__, search
from params_optimizer.config import Settings
from params_optimizer.environment import kernel_cache_folder
from params_optimizer.orchestrator.plan import StrategyPlan
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.protocol import Strategy


def identified(plan: StrategyPlan, code: str) -> StrategyPlan:
    """The plan with its fingerprint; `code` is a hash of the code of the strategy."""
    fields = _fields(plan, code)
    if plan.method.exhaustive:
        fields = _fields_of_grid(plan, fields)
    return replace(plan, fingerprint=fields)


def _fields(plan: StrategyPlan, code: str) -> dict[str, str]:
    """The same trials are asked for, and get the same answers."""
    asks, (_, days, border) = plan.method, plan.sample
    day_text = "all" if days is None else _hash(days.tolist())
    return {
        "symbol": plan.symbol,
        "bars": plan.bars.fingerprint,
        "strategy": f"{plan.strategy_name} {code}",
        "space": _hash(plan.space.model.model_dump(mode="json")),
        "objective": _hash(_objective(plan)),
        "method": _hash([asks.name, asks.details, asks.stretches]),
        "seed": str(asks.seed),
        "trials": str(asks.trials),
        "batch": str(asks.batch),
        "timeout": str(plan.settings.search.timeout),
        "days": f"{day_text} {border}",
        "engine": _engine(),
        "costs": _costs(plan.settings, plan.strategy),
    }


def _fields_of_grid(plan: StrategyPlan, fields: dict[str, str]) -> dict[str, str]:
    """The same rows, whatever ranks them; with `--keep top:N` the ranking decides which."""
    import pyarrow as pa

    settings, row_choice = plan.settings, "all"
    if settings.keep != row_choice:
        weights = settings.ranking_weights.model_dump()
        row_choice = json.dumps([settings.keep, weights, settings.min_trades, fields["objective"]])
    names = ("symbol", "bars", "strategy", "days", "costs", "engine", "timeout")
    return {
        **{name: fields[name] for name in names},
        "method": plan.method.name,
        "space": plan.space.fingerprint,
        "money": repr(plan.risk_money),
        "kept": row_choice,
        "pyarrow": pa.__version__,
    }


def _objective(plan: StrategyPlan) -> dict[str, object]:
    """What is best; conditions of the space belong to the space."""
    content = asdict(replace(plan.objective, conditions=()))
    del content["conditions"]
    if where := plan.settings.ranking.where:
        content["where"] = where
    return content


def _costs(settings: Settings, strategy: Strategy) -> str:
    """What decides trades beside bars and parameters, in one hash."""
    parts = [
        getattr(strategy, "spread", None),
        getattr(strategy, "news", None),
        getattr(strategy, "axes", None),
        getattr(strategy, "members", None),
        getattr(strategy, "regimes", None),
        settings.positions.model_dump(),
        settings.backtest.model_dump(exclude={"execution", "slippage"}),
    ]
    account = getattr(strategy, "account", None)
    if isinstance(account, Account) and account.spread:  # versions before had none
        parts.append(account.spread)
    execution = getattr(strategy, "execution", None)
    if getattr(execution, "strict", False):
        parts.append(execution)
    return sha256(pickle.dumps(parts, protocol=4)).hexdigest()[:16]


@cache
def _engine() -> str:
    """What else decides which trials are asked for, and what they make."""
    digest = sha256()
    for path in sorted(Path(search.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    libraries = " ".join(f"{name} {version(name)}" for name in ("numba", "numpy", "optuna"))
    folder = kernel_cache_folder().name
    return f"{__version__} {folder} search-{digest.hexdigest()[:16]} {libraries}"


def _hash(content: object) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()[:16]
