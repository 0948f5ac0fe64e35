"""Strict execution against the rules: the panel, and whole runs, in pairs."""

from dataclasses import replace

from benchmarks.end_to_end import Program
from benchmarks.kernels import panel_seconds
from benchmarks.measures import SECONDS, Measure, ratio
from params_optimizer.orchestrator.study import Study

EXECUTIONS = ("rules", "strict")


def under(study: Study, execution: str) -> Study:
    """The same study with its orders filled in another way."""
    money = study.settings.backtest.model_copy(update={"execution": execution})
    return replace(study, settings=study.settings.model_copy(update={"backtest": money}))


def measure(study: Study, program: Program, grid: str, runs: int) -> list[Measure]:
    """Processor time of the panel and wall time from the start to all files, and their ratios."""
    panel: dict[str, list[float]] = {name: [] for name in EXECUTIONS}
    whole: dict[str, list[float]] = {name: [] for name in EXECUTIONS}
    studies = {name: under(study, name) for name in EXECUTIONS}
    for name in EXECUTIONS:
        panel_seconds(studies[name], slices=1)  # loads the compiled code
    for _ in range(runs):
        for name in EXECUTIONS:
            panel[name].append(panel_seconds(studies[name]))
        for name in EXECUTIONS:
            whole[name].append(program.search(grid, "--execution", name).seconds)
    measures = []
    for text, seconds in (("panel", panel), ("run", whole)):
        rules, strict = (
            Measure(f"execution.{text}_{name}", SECONDS, tuple(seconds[name]))
            for name in EXECUTIONS
        )
        over = ratio(f"execution.{text}_strict_over_rules", strict, rules)
        measures += [rules, strict, over]
    return measures
