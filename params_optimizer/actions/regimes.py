"""`--by-regime`: the best combination of each kind of market."""

from typing import TYPE_CHECKING

from params_optimizer.actions.common import Arguments, schedule_of, show
from params_optimizer.config import Settings
from params_optimizer.console import DONE, say
from params_optimizer.storage.run_directory import RunDirectory

if TYPE_CHECKING:
    from params_optimizer.orchestrator.study import Study


def by_regime(
    settings: Settings, study: "Study", directory: RunDirectory, arguments: Arguments
) -> int:
    """Optimise each regime of a finished run's days, test switching, write both down."""
    from params_optimizer.orchestrator.exhaustive import worker_count
    from params_optimizer.orchestrator.signals import Interrupted
    from params_optimizer.reports.regimes import regimes_text, write_regimes
    from params_optimizer.search.objective import Objective
    from params_optimizer.validation import regimes

    objective = Objective.of(study.settings, arguments.metric, arguments.min_trades)
    schedule = schedule_of(arguments)
    workers = worker_count(study, settings.parallelization.num_workers)
    study.warm_up(say)
    try:
        found = regimes.by_regime(
            study,
            arguments.by_regime,
            schedule,
            objective,
            workers,
            say,
            min_regime_trades=arguments.min_regime_trades,
        )
    except Interrupted as interruption:
        say(str(interruption))
        return interruption.exit_code
    show(regimes_text(study, found))
    for path in write_regimes(study, found, directory.path):
        say(f"wrote {path}")
    return DONE
