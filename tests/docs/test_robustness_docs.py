"""Every field of the robustness files is documented."""

import csv
from pathlib import Path

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.storage.sealed import unsealed
from params_optimizer.strategies.initial_balance.params import Params
from tests.docs.documents import DOCUMENTS

SCENARIOS = (
    *("as_tested", "spread_x1_5", "spread_x2", "spread_x3", "slippage", "pessimistic"),
    "pessimistic_slippage_spread_x2",
)
CODES = set(DOCUMENTS["docs/validation.md"].sections["The file of --robustness"].codes)
BY_SCENARIO = {f"{name}_{figure}" for name in SCENARIOS for figure in ("total_r", "sharpe_ratio")}


def keys(content: object, but: set[str]) -> set[str]:
    """All keys at any depth, without what lies below those in `but`."""
    if isinstance(content, list):
        return set().union(*(keys(one, but) for one in content))
    if not isinstance(content, dict):
        return set()
    below = (keys(value, but) for key, value in content.items() if key not in but)
    return set(content).union(*below)


def test_every_field_of_robustness_is_documented(run_folder: Path) -> None:
    assert set(SCENARIOS) <= CODES | {"as_tested"}
    content = unsealed((run_folder / "GER40_robustness.json").read_bytes())
    named_by_data = {"params", "metrics", "stress", "plateau_by_key", "main", "levels"}
    scopes = {"all", "OCAE", "TCWE", "Reverse", "REV_RB"}
    metrics = {"total_r", "sharpe_ratio"}
    told = keys(content, named_by_data) - BY_SCENARIO - scopes - metrics
    assert told <= CODES
    with (run_folder / "GER40_robustness.csv").open(newline="", encoding="utf-8") as file:
        columns = set(next(csv.reader(file)))
    assert columns - BY_SCENARIO - {*Params.__dataclass_fields__, *METRICS} <= CODES
