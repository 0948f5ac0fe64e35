"""The run directory of a workflow."""

from hashlib import sha256
from typing import Final

from params_optimizer import __version__
from params_optimizer.environment import kernel_cache_folder
from params_optimizer.orchestrator.resume import Identity
from params_optimizer.strategies.registry import code_fingerprint
from params_optimizer.workflows.market import MarketDays
from params_optimizer.workflows.plan import Workflow

KIND: Final = "workflow"


def identity_of(workflow: Workflow, market: MarketDays, timeout: float | None) -> Identity:
    """What tells the run of a workflow from others.

    Hypotheses are no part of it: they are written in a pause.
    """
    symbol = market.bars.symbol
    fingerprint = {
        "kind": KIND,
        "symbol": symbol,
        "file": sha256(workflow.path.read_bytes()).hexdigest(),
        "bars": market.bars.fingerprint,
        "timezone": market.timezone,
        "account": repr(market.account),
        "timeout": repr(timeout),
        "engine": f"{__version__} {kernel_cache_folder().name}",
        "code": " ".join(map(code_fingerprint, workflow.code)),
    }
    return Identity(fingerprint, f"{symbol}_{KIND}", {"kind": KIND})
