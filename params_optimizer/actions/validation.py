"""Answers about other days: holdout, walk-forward and regimes of any candidates."""

import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from params_optimizer.actions.common import schedule_of, show
from params_optimizer.requests.fields import ObjectiveFields
from params_optimizer.requests.holdout import HoldoutRequest
from params_optimizer.requests.regimes import RegimesRequest
from params_optimizer.requests.walk_forward import WalkForwardRequest
from params_optimizer.storage.run_directory import RunDirectory

if TYPE_CHECKING:
    from params_optimizer.reports.subject import Subject
    from params_optimizer.validation.candidates import Candidates
    from params_optimizer.validation.robustness import Robustness
    from params_optimizer.validation.walk_forward import WalkForward
    from params_optimizer.validation.windows import Schedule

log = logging.getLogger(__name__)


class ValidationAnswers(ABC):
    """Makes each finding, shows it and writes it into the run directory.

    `holdout_rows` are shown of a holdout; None: a tenth of what competes. `forward` is the
    walk-forward of an earlier question.
    """

    directory: RunDirectory
    holdout_rows: int | None = None
    forward: "WalkForward | None" = None

    @abstractmethod
    def candidates(self, question: ObjectiveFields) -> "Candidates":
        """What competes for the best of a question."""

    @abstractmethod
    def subject(self) -> "Subject":
        """What the findings are about."""

    def windows(self, question: RegimesRequest) -> "Schedule | WalkForward | None":
        """The windows in which switching between regimes is tested, if any."""
        return schedule_of(question)

    def holdout(self, question: HoldoutRequest) -> bool:
        """The best of the days before a date on those from it on."""
        from params_optimizer.reports.validation import holdout_text, write_holdout
        from params_optimizer.validation.holdout import holdout

        result = holdout(self.candidates(question), question.day, top=self.holdout_rows)
        show(holdout_text(self.subject(), result))
        log.info("wrote %s", write_holdout(self.subject(), result, self.directory.path))
        return True

    def walk_forward(self, question: WalkForwardRequest) -> bool:
        """The best of each window on the days after it; nothing is written without a winner."""
        from params_optimizer.reports.validation import walk_forward_text, write_walk_forward
        from params_optimizer.validation.walk_forward import walk_forward

        result = walk_forward(self.candidates(question), schedule_of(question))
        show(walk_forward_text(self.subject(), result))
        if not result.summary.windows_with_winner:
            log.info(
                "no window has a winner: walk-forward files in the run directory stay as they are"
            )
            return False
        self.forward = result
        for path in write_walk_forward(self.subject(), result, self.directory.path):
            log.info("wrote %s", path)
        return True

    def regimes(self, question: RegimesRequest) -> bool:
        """The best of each kind of market, and whether switching between them pays."""
        from params_optimizer.reports.regimes import regimes_text, write_regimes
        from params_optimizer.validation.regimes import by_regime

        result = by_regime(
            self.candidates(question),
            question.kind,
            self.windows(question),
            min_regime_trades=question.min_regime_trades,
        )
        show(regimes_text(self.subject(), result))
        for path in write_regimes(self.subject(), result, self.directory.path):
            log.info("wrote %s", path)
        return True

    def keep_robustness(self, result: "Robustness") -> bool:
        """Show what was examined and write it."""
        from params_optimizer.reports.robustness import robustness_text, write_robustness

        show(robustness_text(self.subject(), result))
        for path in write_robustness(self.subject(), result, self.directory.path):
            log.info("wrote %s", path)
        return True
