"""The workbook of a finished run."""

from pathlib import Path

from params_optimizer.orchestrator.outcome import Outcome


def write_workbook(outcome: Outcome, path: Path, top_n: int) -> None:
    """Write the workbook."""
    raise NotImplementedError
