"""`--robustness`: how far the best of a finished run can be trusted."""

from typing import TYPE_CHECKING

from params_optimizer.actions.common import Arguments, show
from params_optimizer.config import Settings
from params_optimizer.console import DONE, say
from params_optimizer.storage.run_directory import RunDirectory

if TYPE_CHECKING:
    from params_optimizer.orchestrator.study import Study


def examine(
    settings: Settings, study: "Study", directory: RunDirectory, arguments: Arguments
) -> int:
    """Examine the best, tell it and write it down; the exit code."""
    from params_optimizer.orchestrator.exhaustive import worker_count
    from params_optimizer.orchestrator.outcome import RANKING_ROWS
    from params_optimizer.orchestrator.run import outcome_of
    from params_optimizer.orchestrator.signals import Interrupted
    from params_optimizer.reports import robustness as texts
    from params_optimizer.reports.terminal import steps_progress
    from params_optimizer.validation.robustness import robustness

    top_n = arguments.robustness_top
    outcome = outcome_of(directory, study, max(RANKING_ROWS, top_n))
    workers = worker_count(study, settings.parallelization.num_workers)
    study.warm_up(say)
    try:
        with steps_progress(study.symbol) as progress:
            result = robustness(outcome, top_n, arguments.pbo, workers, say, progress)
    except Interrupted as interruption:
        say(str(interruption))
        return interruption.exit_code
    show(texts.robustness_text(study, result))
    for path in texts.write_robustness(study, result, directory.path):
        say(f"wrote {path}")
    return DONE
