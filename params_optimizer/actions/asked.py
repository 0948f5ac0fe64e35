"""From the options of a command line to the requests that they make.

An option is a field of a request. What no request of a command takes would be ignored, and is
refused.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from params_optimizer.errors import RequestError
from params_optimizer.requests.backtest import BacktestRequest
from params_optimizer.requests.base import CONFIG, DATA, OUTPUT, FieldError, Request
from params_optimizer.requests.check import CheckRequest
from params_optimizer.requests.check_strategy import CheckStrategyRequest
from params_optimizer.requests.command import Command
from params_optimizer.requests.compare import CompareRequest
from params_optimizer.requests.demo import DemoRequest
from params_optimizer.requests.holdout import HoldoutRequest
from params_optimizer.requests.info import InfoRequest
from params_optimizer.requests.listing import ListRequest
from params_optimizer.requests.messages import fill, refused, value_text
from params_optimizer.requests.news_template import NewsTemplateRequest
from params_optimizer.requests.note import NoteRequest
from params_optimizer.requests.page import PageRequest
from params_optimizer.requests.prepare import PrepareRequest
from params_optimizer.requests.regimes import RegimesRequest
from params_optimizer.requests.robustness import RobustnessRequest
from params_optimizer.requests.run import FinishedRequest, RunRequest
from params_optimizer.requests.sample import SampleRequest
from params_optimizer.requests.settings import overrides
from params_optimizer.requests.trades import TradesRequest
from params_optimizer.requests.validate import ValidateRequest
from params_optimizer.requests.validation import ValidationRequest
from params_optimizer.requests.walk_forward import WalkForwardRequest
from params_optimizer.requests.workbook import WorkbookRequest
from params_optimizer.requests.workflow import WorkflowRequest

R = TypeVar("R", bound=BaseModel)
PLACES = (CONFIG, DATA, OUTPUT)
AGAIN, DEMO, RUN = "again", "demo", "run"


class Verb(NamedTuple):
    """The request that an option makes, the field that takes its argument, and how it is read."""

    request: type[Request]
    field: str | None = None
    read: Callable[[Any], object] | None = None


def _parameters(texts: list[str]) -> dict[str, int | float | str | bool]:
    """`fast=10 direction=long` as parameters: numbers, true and false as such."""
    parameters = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise RequestError(f"--backtest {text!r}: write name=value, for example fast=10")
        parameters[name] = number = _value(value)
        if isinstance(number, float) and not isfinite(number):
            raise RequestError(f"--backtest {text}: {value} is not a finite number")
    return parameters


def _value(text: str) -> int | float | str | bool:
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


SINGLE = {
    "news_template": Verb(NewsTemplateRequest, "path"),
    "sample_data": Verb(SampleRequest),
    "prepare_data": Verb(PrepareRequest, "paths", tuple),
    "check_strategy": Verb(CheckStrategyRequest),
    "backtest": Verb(BacktestRequest, "parameters", _parameters),
    "info": Verb(InfoRequest),
    "workflow": Verb(WorkflowRequest, "path"),
    "check": Verb(CheckRequest, "directory"),
    "compare": Verb(CompareRequest, "directories", tuple),
    "list": Verb(ListRequest),
}
"""Options that are a command of their own."""

QUESTIONS = {
    "note": Verb(NoteRequest, "text"),
    "trades": Verb(TradesRequest, "number"),
    "validate": Verb(ValidateRequest, "count"),
    "holdout": Verb(HoldoutRequest, "day"),
    "walk_forward": Verb(WalkForwardRequest),
    "by_regime": Verb(RegimesRequest, "kind"),
    "validation": Verb(ValidationRequest, "name"),
    "robustness": Verb(RobustnessRequest),
    "generate_excel": Verb(WorkbookRequest),
    "generate_html": Verb(PageRequest),
}
"""Options that ask about a run, in the order in which they are answered: the last two show what
the others found."""


class Asked(NamedTuple):
    """What a command line asks for.

    `parts` are the requests that its options went to, `places` the configuration file and the
    folders that it names.
    """

    request: Request | Command
    parts: tuple[Request, ...]
    places: Mapping[str, object]
    options: Mapping[str, str]

    @property
    def config(self) -> Path | None:
        """The configuration file."""
        file = self.places.get(CONFIG)
        return Path(str(file)) if file else None

    def overrides(self) -> dict[str, object]:
        """The settings that the command line decides, by dotted key."""
        roots = {
            f"paths.{name}": self.places[name] for name in (DATA, OUTPUT) if name in self.places
        }
        return overrides(self.parts) | roots


def asked(options: Mapping[str, object], names: Mapping[str, str]) -> Asked:
    """The requests of a command line: `options` by field, and the `names` that people write.

    Raises:
        RequestError: a wrong value, options that do not go together, or one without effect.
    """
    return _Reading(options, names).asked()


class _Reading:
    def __init__(self, options: Mapping[str, object], names: Mapping[str, str]) -> None:
        self.options, self.names = options, names
        self.verbs: dict[str, Verb] = {}

    def asked(self) -> Asked:
        single = [verb for verb in (*SINGLE, DEMO) if verb in self.options]
        questions = [verb for verb in QUESTIONS if verb in self.options]
        if single and (extra := [*single[1:], *(questions if single != [DEMO] else ())]):
            raise RequestError(
                f"{self.name(single[0])} and {self.name(extra[0])} are two commands: give one of "
                f"them"
            )
        if single and single[0] in SINGLE:
            self.verbs = {single[0]: SINGLE[single[0]]}
            (request,) = self._parts()
            return self._asked(request, (request,))
        return self._demo() if single else self._command(questions)

    def _command(self, questions: list[str]) -> Asked:
        runs = not questions or AGAIN in self.options or "method" in self.options
        self.verbs = {RUN: Verb(RunRequest if runs else FinishedRequest)}
        self.verbs |= {verb: QUESTIONS[verb] for verb in questions}
        parts = self._parts(AGAIN)
        run, *answers = parts
        content = {"run": run, "questions": tuple(answers), "again": AGAIN in self.options}
        return self._asked(self._filled(Command, content), parts)

    def _demo(self) -> Asked:
        """A run on generated data with workbook and page, and what else is asked about it."""
        self.options = {"symbol": "GER40", "generate_excel": None, "generate_html": None} | dict(
            self.options
        )
        demo = {name: self.options[name] for name in ("force",) if name in self.options}
        # --force is about the sample here, not about a file of bars.
        self.options = {name: value for name, value in self.options.items() if name not in demo}
        self.verbs = {RUN: Verb(RunRequest)}
        self.verbs |= {verb: part for verb, part in QUESTIONS.items() if verb in self.options}
        parts = self._parts(DEMO)
        run, *answers = parts
        content = {"run": run, "questions": tuple(answers), "again": True}
        command = self._filled(Command, content)
        return self._asked(fill(DemoRequest, {"command": command, **demo}, self.name), parts)

    def _asked(self, request: Request | Command, parts: tuple[Request, ...]) -> Asked:
        places = {place: self.options[place] for place in PLACES if place in self.options}
        return Asked(request, parts, places, self.names)

    def _filled(self, model: type[R], content: Mapping[str, object]) -> R:
        try:
            return model.model_validate(dict(content))
        except ValidationError as error:
            cause = error.errors()[0].get("ctx", {}).get("error")
            if not isinstance(cause, FieldError):
                raise
            raise RequestError(refused(cause, self.name)) from error

    def _parts(self, *further: str) -> tuple[Request, ...]:
        """The requests of all verbs; `further` options belong to none of them."""
        self._refuse_ignored(further)
        usable = {verb: self._usable(verb) for verb in self.verbs}
        parts = []
        for verb, part in self.verbs.items():
            values = self._values(verb)
            elsewhere = set[str]().union(*(usable[name] for name in self.verbs if name != verb))
            for field in values.keys() & elsewhere:
                # The metric of a walk-forward is none of the run's. A field that means nothing
                # here is refused where it means nothing to the others either.
                if field not in usable[verb] or part.request is FinishedRequest:
                    del values[field]
            parts.append(fill(part.request, values, partial(self._name_of, verb)))
        needed = frozenset[str]().union(*(part.needed_places() for part in parts))
        for place in PLACES:
            if place in self.options and place not in needed:
                raise self._ignored(place)
        return tuple(parts)

    def _usable(self, verb: str) -> set[str]:
        """The fields of the request of a verb that are given and mean something to it."""
        values = self._values(verb)
        errors = self.verbs[verb].request.without_meaning(values)
        return set(values) - {error.field for error in errors}

    def _values(self, verb: str) -> dict[str, object]:
        request, argument, read = self.verbs[verb]
        values = {
            field: self.options[option]
            for field in request.model_fields
            if (option := verb if field == argument else field) in self.options
        }
        if argument and read:
            values[argument] = read(values[argument])
        return values

    def _refuse_ignored(self, further: tuple[str, ...]) -> None:
        taken = {*further, *PLACES, *self.verbs}
        for request, argument, _ in self.verbs.values():
            taken |= request.model_fields.keys() - {argument}
        for option in self.options:
            if option not in taken:
                raise self._ignored(option)

    def _ignored(self, option: str) -> RequestError:
        verbs = [DEMO] if DEMO in self.options else [verb for verb in self.verbs if verb != RUN]
        owners = [self.name(verb) for verb in _owners(option) if verb not in self.verbs]
        where = f"; it belongs to {' or '.join(owners)}" if 0 < len(owners) <= 4 else ""
        return RequestError(
            f"{self.name(option)}{value_text(self.options[option])}: would be ignored by "
            f"{' and '.join(map(self.name, verbs)) or 'a run'}{where}"
        )

    def name(self, option: str) -> str:
        """An option as people write it."""
        return self.names.get(option, option)

    def _name_of(self, verb: str, field: str) -> str:
        """The option that fills a field of the request of a verb."""
        return self.name(verb if self.verbs[verb].field == field else field)


def _owners(option: str) -> Iterator[str]:
    """The verbs that an option means something to."""
    for verb, part in {**SINGLE, **QUESTIONS}.items():
        if option in part.request.model_fields and option != part.field:
            yield verb
    if option == "force":
        yield DEMO
    if option in RunRequest.model_fields:
        yield "a run"
