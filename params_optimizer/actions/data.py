"""Sample data, preparation, the calendar template, and what is known before a run."""

import logging
import sys

from params_optimizer.actions.common import Context, dates_of, show
from params_optimizer.console import DONE
from params_optimizer.requests.info import InfoRequest
from params_optimizer.requests.news_template import NewsTemplateRequest
from params_optimizer.requests.prepare import PrepareRequest
from params_optimizer.requests.sample import SampleRequest

log = logging.getLogger(__name__)


def news_template(request: NewsTemplateRequest) -> int:
    """A calendar to fill in."""
    from params_optimizer.data.news import write_template

    path = request.path
    write_template(path)
    log.info("wrote %s; replace its example lines and put it into news/ of your data folder", path)
    return DONE


def sample(context: Context, request: SampleRequest) -> int:
    """Generated raw data of one or both symbols."""
    from params_optimizer.data.sample import write_sample

    root = context.sample_root
    symbols = [request.symbol] if request.symbol else ["GER40", "XAUUSD"]
    write_sample(root, symbols, force=request.force)
    log.info(
        "generated data lies in %s: made by a random process, it says nothing about any market\n"
        "next: %s --prepare-data",
        root,
        context.on(root).command("--symbol", symbols[0]),
    )
    return DONE


def prepare(context: Context, request: PrepareRequest) -> int:
    """Raw files to prepared bars, and where the rows went."""
    from params_optimizer.data.prepare_data import prepare

    summary = prepare(
        context.data_dir,
        request.symbol,
        context.settings.symbol(request.symbol),
        request.paths,
        source_timezone=request.source_timezone,
        stamps=request.stamps,
        date_order=request.date_order,
        force=request.force,
        show_progress=sys.stderr.isatty(),
    )
    show(summary.text())
    return DONE


def info(context: Context, request: InfoRequest) -> int:
    """Data, grid and expected time."""
    from params_optimizer.reports.info import info

    settings = context.settings
    symbols = [request.symbol] if request.symbol else list(settings.symbols)
    for symbol in symbols:
        show(info(settings, symbol, context.data_dir, dates_of(request), request.spread))
    return DONE
