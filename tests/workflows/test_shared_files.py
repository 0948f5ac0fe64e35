"""The workflow files of users run to their end and give the same whatever the workers."""

import pytest

from params_optimizer.reports.workflow import workflow_text
from params_optimizer.workflows.follow import follow
from params_optimizer.workflows.plan import read_workflow

FILES = [
    "1_rule_parameters_grid",
    "2_rule_weights_by_regime",
    "3_three_phases",
    "4_multi_stage",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_it_runs_to_its_end(shared, market, tmp_path, name):
    plan = read_workflow(shared / "workflows" / f"{name}.yaml")
    texts = []
    for workers in (1, 2):
        folder, pauses = tmp_path / str(workers), []
        folder.mkdir()
        while (ended := follow(plan, market, folder, "key", workers)).paused:
            pauses.append(ended.paused)
        assert set(pauses) == plan.stops
        assert bool(ended.comparison) == (plan.oos_days is not None)
        texts.append(workflow_text(ended))
    assert texts[0] == texts[1]
