"""The examples of docs/workflows.md run as they stand there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from params_optimizer.workflows.follow import follow
from params_optimizer.workflows.market import MarketDays
from params_optimizer.workflows.plan import read_workflow
from params_optimizer.workflows.registry import COMPONENTS
from tests.workflows.market import hourly

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "workflows.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"<!-- run: (\S+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL))


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.endswith(".yaml")])
def test_files_run_to_their_end(name, tmp_path):
    path = tmp_path / name
    path.write_text(EXAMPLES[name])
    workflow, market = read_workflow(path), MarketDays.of(hourly(), "UTC")
    while (ended := follow(workflow, market, tmp_path, "key", 1)).paused:
        assert ended.paused == "average by regime"
    assert ended.comparison


def test_the_python_example_prints_what_it_says(tmp_path):
    (tmp_path / "example.py").write_text(EXAMPLES["manager.py"])
    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    told = re.search(r"# (\{.*\})", EXAMPLES["manager.py"])
    assert told
    assert done.stdout.strip() == told[1]


@pytest.mark.parametrize("kind", ["targets", "methods", "metrics", "constraints"])
def test_every_class_that_a_file_can_name_is_listed(kind):
    for made in COMPONENTS[kind].values():
        assert f"`{made.__name__}`" in PAGE, f"{made.__name__} is not in docs/workflows.md"


def test_every_sequence_is_listed():
    for name in COMPONENTS["sequences"]:
        assert f"`{name}`" in PAGE


def test_the_hypotheses_are_yaml():
    (text,) = re.findall(r"```yaml\n(hypotheses:.*?)```", PAGE, re.DOTALL)
    assert len(yaml.safe_load(text)["hypotheses"]) == 3
