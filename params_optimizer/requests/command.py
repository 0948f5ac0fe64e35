"""A command: what runs, or the run that is there, and what is asked about it."""

from typing import Any, Self

from pydantic import model_validator

from params_optimizer.config.base import Model
from params_optimizer.requests.base import FieldError
from params_optimizer.requests.fields import ObjectiveFields, ScheduleFields
from params_optimizer.requests.holdout import HoldoutRequest
from params_optimizer.requests.note import NoteRequest
from params_optimizer.requests.page import PageRequest
from params_optimizer.requests.regimes import RegimesRequest
from params_optimizer.requests.robustness import RobustnessRequest
from params_optimizer.requests.run import (
    FinishedRequest,
    RunFields,
    RunRequest,
    adaptive,
    is_search,
)
from params_optimizer.requests.trades import TradesRequest
from params_optimizer.requests.validate import ValidateRequest
from params_optimizer.requests.validation import ValidationRequest
from params_optimizer.requests.walk_forward import WalkForwardRequest
from params_optimizer.requests.workbook import WorkbookRequest

Question = (
    NoteRequest
    | TradesRequest
    | ValidateRequest
    | HoldoutRequest
    | WalkForwardRequest
    | RegimesRequest
    | ValidationRequest
    | RobustnessRequest
    | WorkbookRequest
    | PageRequest
)


class Command(Model):
    """A run and the questions about it, in the order in which they are answered.

    With `again` a run that is there already is not taken in place of a new one.
    """

    run: RunRequest | FinishedRequest
    questions: tuple[Question, ...] = ()
    again: bool = False

    @model_validator(mode="after")
    def _refuse_questions_without_an_answer(self) -> Self:
        refuse_unanswerable(self.run, self.questions)
        return self

    @property
    def only_looks(self) -> bool:
        """Whether a run is only to be shown as it is, finished or not."""
        looks = (TradesRequest, WorkbookRequest, PageRequest)
        return (
            (self.run.directory is not None or isinstance(self.run, FinishedRequest))
            and not self.again
            and bool(self.questions)
            and all(isinstance(question, looks) for question in self.questions)
        )


def refuse_unanswerable(run: RunFields, questions: tuple[Any, ...]) -> None:
    """Refuse questions that a run of this kind cannot answer, as far as the fields tell it.

    Raises:
        FieldError: a question that needs the reference engine, or all rows of a grid.
    """
    kinds = {type(question) for question in questions}
    for question in questions if is_search(run) else ():
        if isinstance(question, ValidateRequest):
            raise FieldError(
                "validate",
                question.count,
                "compares combinations of the grid of {strategy} initial_balance with the "
                "reference engine, not trials of a {method}; {check_strategy} tests any strategy",
            )
        if isinstance(question, RobustnessRequest) and question.pbo == "full" and adaptive(run):
            raise FieldError(
                "pbo",
                "full",
                "takes every row of a {method} grid; a search is judged by a sample of its space",
            )
        if isinstance(question, RegimesRequest) and WalkForwardRequest not in kinds:
            for name in ScheduleFields.model_fields.keys() & question.model_fields_set:
                reason = "has no effect on {by_regime} of a search without {walk_forward}"
                raise FieldError(name, getattr(question, name), reason)


def refuse_other_objective(search: RunFields, questions: tuple[Any, ...]) -> None:
    """Refuse questions that judge a search by another objective than its own.

    Raises:
        FieldError: names the field.
    """
    for question in questions:
        for name in ObjectiveFields.model_fields:
            value = getattr(question, name, None)
            if value is not None and value != getattr(search, name):
                raise FieldError(name, value, f"this search looked for {getattr(search, name)}")
