"""`--workflow`: a run like others, that pauses where its file says so."""

import json

import pandas as pd
import pytest

from params_optimizer.errors import WorkflowError
from params_optimizer.run_optimizer import main
from tests.workflows.market import hourly

FLOW = """\
optimization:
  data: {min_trades: 0}
  targets: {rule: {class: RuleParametersTarget, parameters: {rules: [rsi]}}}
  methods: {random: {class: RandomSearchMethod, parameters: {trials: 4}}}
  stages:
    - {name: rule, targets: [rule], stop_after: true}
    - {name: final, phase: oos_testing, days: 0.25}
"""


@pytest.fixture
def command(tmp_path):
    m1 = hourly(60).m1
    time = pd.to_datetime(m1.time * 60, unit="s", utc=True)
    frame = {"time": time, "open": m1.open, "high": m1.high, "low": m1.low, "close": m1.close}
    pd.DataFrame(frame).to_csv(tmp_path / "bars.csv", index=False)
    (tmp_path / "flow.yaml").write_text(FLOW)
    places = ["--data", str(tmp_path / "bars.csv"), "--output-dir", str(tmp_path / "output")]
    return ["--workflow", str(tmp_path / "flow.yaml"), "--symbol", "GER40", *places]


def test_a_workflow_pauses_and_goes_on_in_its_directory(command, tmp_path, capsys):
    assert main(command) == 0
    [folder] = (tmp_path / "output").glob("GER40_workflow_*")
    checkpoint = json.loads((folder / "checkpoint.json").read_text())
    assert (checkpoint["status"], checkpoint["completed_count"]) == ("stopped", 1)
    assert checkpoint["total_combinations"] == 1
    assert "paused after rule" in capsys.readouterr().err
    assert main(command) == 0
    assert json.loads((folder / "run.json").read_text())["status"] == "complete"
    assert not (folder / "checkpoint.json").exists()
    assert "On days that no stage has seen" in capsys.readouterr().out
    assert "stage 1 of 1: rule" in (folder / "run.log").read_text()


def test_a_workflow_goes_on_by_the_name_of_its_directory(command, tmp_path, capsys):
    assert main(command) == 0
    [folder] = (tmp_path / "output").glob("GER40_workflow_*")
    capsys.readouterr()
    alone = ["--run-dir", folder.name, "--output-dir", str(tmp_path / "output")]
    assert main([*alone, "--capital", "5"]) == 1
    assert "--capital: " in capsys.readouterr().err
    assert main([*alone, "--workers", "1"]) == 0
    assert "On days that no stage has seen" in capsys.readouterr().out
    assert json.loads((folder / "run.json").read_text())["status"] == "complete"


def test_code_that_a_workflow_names_is_not_run_by_the_name_of_its_directory(
    command, tmp_path, capsys
):
    (tmp_path / "flow.yaml").write_text(FLOW.replace("[rsi]", "[rsi, 'nowhere:Rule']"))
    assert main(command) == 1
    assert "nowhere" in capsys.readouterr().err
    (tmp_path / "flow.yaml").write_text(FLOW)
    assert main(command) == 0
    [folder] = (tmp_path / "output").glob("GER40_workflow_*")
    (tmp_path / "flow.yaml").write_text(FLOW.replace("[rsi]", "[rsi, 'nowhere:Rule']"))
    capsys.readouterr()
    assert main(["--run-dir", folder.name, "--output-dir", str(tmp_path / "output")]) == 1
    told = capsys.readouterr().err
    assert "names nowhere:Rule, code of yours" in told
    assert "repeat the command that started the workflow" in told


def test_a_workflow_that_fails_says_so(command, tmp_path, capsys):
    (tmp_path / "flow.yaml").write_text(FLOW.replace("min_trades: 0", "min_trades: 100000"))
    assert main(command) == 1
    assert "none of 4 trials has a value" in capsys.readouterr().err
    [folder] = (tmp_path / "output").glob("GER40_workflow_*")
    assert json.loads((folder / "checkpoint.json").read_text())["status"] == "failed"


@pytest.mark.parametrize("option", ["--timeout", "--trial-timeout"])
def test_the_time_of_a_trial_is_limited(command, monkeypatch, option):
    limits = []

    def fake(*arguments):
        limits.append(arguments[-1])
        raise WorkflowError("enough")

    monkeypatch.setattr("params_optimizer.workflows.follow.follow", fake)
    assert main([*command, option, "7"]) == 1
    assert limits == [7.0]
