"""One function for each thing that can be asked: a request in, an exit code out."""

from collections.abc import Callable, Mapping
from typing import Any

from params_optimizer.actions.asked import Asked, asked
from params_optimizer.actions.check import check
from params_optimizer.actions.command import demo, follow
from params_optimizer.actions.common import Context
from params_optimizer.actions.compare import compare
from params_optimizer.actions.data import info, news_template, prepare, sample
from params_optimizer.actions.listing import list_runs
from params_optimizer.actions.strategies import backtest, check_strategy
from params_optimizer.actions.workflow import workflow
from params_optimizer.config import load_settings
from params_optimizer.errors import SettingsError
from params_optimizer.requests.backtest import BacktestRequest
from params_optimizer.requests.base import FieldError
from params_optimizer.requests.check import CheckRequest
from params_optimizer.requests.check_strategy import CheckStrategyRequest
from params_optimizer.requests.command import Command
from params_optimizer.requests.compare import CompareRequest
from params_optimizer.requests.demo import DemoRequest
from params_optimizer.requests.info import InfoRequest
from params_optimizer.requests.listing import ListRequest
from params_optimizer.requests.messages import refused
from params_optimizer.requests.news_template import NewsTemplateRequest
from params_optimizer.requests.prepare import PrepareRequest
from params_optimizer.requests.sample import SampleRequest
from params_optimizer.requests.settings import check_effect
from params_optimizer.requests.workflow import WorkflowRequest

__all__ = ["asked", "perform"]

ACTIONS: Mapping[type, Callable[[Context, Any], int]] = {
    Command: follow,
    DemoRequest: demo,
    SampleRequest: sample,
    PrepareRequest: prepare,
    InfoRequest: info,
    BacktestRequest: backtest,
    CheckStrategyRequest: check_strategy,
    WorkflowRequest: workflow,
    CheckRequest: check,
    CompareRequest: compare,
    ListRequest: list_runs,
}


def perform(command: Asked) -> int:
    """Do what is asked; returns the exit code."""
    request = command.request
    if isinstance(request, NewsTemplateRequest):
        return news_template(request)
    settings = load_settings(command.config, command.overrides())
    context = Context(settings, command.places, command.options)
    try:
        check_effect(settings, command.parts)
    except FieldError as error:
        raise SettingsError(refused(error, context.option)) from error
    for part in command.parts:
        symbol, file = getattr(part, "symbol", None), getattr(part, "file", None)
        if symbol and not file:
            settings.symbol(symbol)  # unknown ones are refused before any work
    return ACTIONS[type(request)](context, request)
