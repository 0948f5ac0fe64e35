"""The generated sample, prepared, and the commands that run on it."""

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def make_sample(root: Path) -> Path:
    """Generate and prepare the sample of GER40; the data folder."""
    command("--symbol", "GER40", "--sample-data", "--data-dir", str(root))
    data = root / "sample"
    command("--symbol", "GER40", "--prepare-data", "--data-dir", str(data))
    return data


def command(*arguments: str, folder: Path = CHECKOUT) -> str:
    """Run the optimizer in `folder`; what it prints to standard output.

    Raises:
        CalledProcessError: it ends with an exit code other than 0.
    """
    ended = subprocess.run(
        [sys.executable, "-m", "params_optimizer.run_optimizer", *arguments],
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
    )
    return ended.stdout
