"""Questions about a run, answered one after the other."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from params_optimizer.actions.common import say_what_is_stale
from params_optimizer.console import DONE, FIXABLE, log
from params_optimizer.errors import OptimizerError
from params_optimizer.requests.command import Question
from params_optimizer.requests.holdout import HoldoutRequest
from params_optimizer.requests.note import NoteRequest
from params_optimizer.requests.page import PageRequest
from params_optimizer.requests.regimes import RegimesRequest
from params_optimizer.requests.robustness import RobustnessRequest
from params_optimizer.requests.trades import TradesRequest
from params_optimizer.requests.validate import ValidateRequest
from params_optimizer.requests.walk_forward import WalkForwardRequest
from params_optimizer.requests.workbook import WorkbookRequest
from params_optimizer.storage.run_directory import RunDirectory


class Answers(Protocol):
    """A run that answers; each method shows and writes, and returns whether all was well."""

    market: str
    directory: RunDirectory

    def note(self, question: NoteRequest) -> bool:
        """A note in its manifest."""

    def trades(self, question: TradesRequest) -> bool:
        """The trades of one set."""

    def validate(self, question: ValidateRequest) -> bool:
        """The best against the reference engine."""

    def holdout(self, question: HoldoutRequest) -> bool:
        """The best on days after those it was chosen on."""

    def walk_forward(self, question: WalkForwardRequest) -> bool:
        """The same, window after window."""

    def regimes(self, question: RegimesRequest) -> bool:
        """The best of each kind of market."""

    def robustness(self, question: RobustnessRequest) -> bool:
        """How likely the best is luck."""

    def workbook(self, question: WorkbookRequest) -> bool:
        """The workbook."""

    def page(self, question: PageRequest) -> bool:
        """The page."""


METHODS: Mapping[type, str] = {
    NoteRequest: "note",
    TradesRequest: "trades",
    ValidateRequest: "validate",
    HoldoutRequest: "holdout",
    WalkForwardRequest: "walk_forward",
    RegimesRequest: "regimes",
    RobustnessRequest: "robustness",
    WorkbookRequest: "workbook",
    PageRequest: "page",
}


def answer_all(answers: Answers, questions: Sequence[Question]) -> int:
    """Answer the questions in order; what cannot be answered is told, and keeps nothing back.

    Raises:
        Interrupted: the process was asked to stop.
    """
    failed = [not _answered(answers, question) for question in questions]
    if questions:
        say_what_is_stale(answers.market, answers.directory.path)
    return FIXABLE if any(failed) else DONE


def _answered(answers: Answers, question: Question) -> bool:
    try:
        return bool(getattr(answers, METHODS[type(question)])(question))
    except OptimizerError as error:
        log.error("%s", error)
        return False
