"""Everything from nothing: what a user sees first."""

import json
import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def test_the_demonstration_goes_from_nothing_to_results(tmp_path):
    folder = tmp_path / "an empty folder"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "params_optimizer.run_optimizer", "--demo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name for path in folder.iterdir()} == {"data", "output"}
    (run,) = (path for path in (folder / "output" / "sample").iterdir() if path.name[0] != ".")
    manifest = json.loads((run / "run.json").read_text())
    assert manifest["status"] == "complete"
    assert manifest["generated_data"] is True, "nobody may take it for a market"
    assert manifest["combinations"] == 34_560
    assert {"GER40_analysis.xlsx", "GER40_report.html"} <= {path.name for path in run.iterdir()}
    assert run.name in done.stderr + done.stdout
    again = subprocess.run(
        [sys.executable, "-m", "params_optimizer.run_optimizer", "--symbol", "GER40"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
    )
    assert again.returncode == 1, "the sample is no data of the user"
    assert "--prepare-data" in again.stderr
