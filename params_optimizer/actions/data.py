"""Sample data, preparation, the calendar template, and what is known before a run."""

import sys
from pathlib import Path

from params_optimizer.actions.common import Arguments, data_dir_of, dates_of, sample_root, show
from params_optimizer.config import Settings
from params_optimizer.console import DONE, say


def news_template(path: Path) -> int:
    """`--news-template`: a calendar to fill."""
    from params_optimizer.data.news import write_template

    write_template(path)
    say(f"wrote {path}; replace its example lines and put it into news/ of your data folder")
    return DONE


def sample(settings: Settings, arguments: Arguments) -> int:
    """`--sample-data`: generated raw data of one or both symbols."""
    from params_optimizer.data.sample import write_sample

    root = sample_root(settings)
    symbols = [arguments.symbol] if arguments.symbol else ["GER40", "XAUUSD"]
    write_sample(root, symbols, force=arguments.force, progress=say)
    say(
        f"generated data lies in {root}: made by a random process, it says nothing about any "
        f"market\nnext: python -m params_optimizer.run_optimizer --symbol {symbols[0]} "
        f"--data-dir {root} --prepare-data"
    )
    return DONE


def prepare_data(settings: Settings, symbol: str, data_dir: Path, arguments: Arguments) -> int:
    """`--prepare-data`: raw files to prepared bars, and where the rows went."""
    from params_optimizer.data.prepare_data import prepare

    summary = prepare(
        data_dir,
        symbol,
        settings.symbol(symbol),
        arguments.prepare_data or (),
        source_timezone=arguments.source_timezone,
        force=arguments.force,
        show_progress=sys.stderr.isatty(),
    )
    show(summary.text())
    return DONE


def show_info(settings: Settings, arguments: Arguments) -> int:
    """`--info`: data, grid and expected time."""
    from params_optimizer.reports.info import info

    data_dir = data_dir_of(settings)
    symbols = [arguments.symbol] if arguments.symbol else list(settings.symbols)
    for symbol in symbols:
        show(info(settings, symbol, data_dir, dates_of(arguments), arguments.spread, say))
    return DONE
