"""The command line: options -> requests -> actions (DESIGN 6).

Only the standard library is imported before it is known what to do, so that `--help` answers at
once. Each option is a field of a request (`dest`); `actions.asked` makes the requests, which know
what is allowed.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from params_optimizer import __version__, console
from params_optimizer.environment import prepare_process
from params_optimizer.errors import RequestError

_EPILOG = """\
examples:
  python -m params_optimizer.run_optimizer --demo
      everything from nothing, on generated sample data
  python -m params_optimizer.run_optimizer --symbol GER40 --prepare-data
      read the CSV files of 'data/GER40 1m .../'
  python -m params_optimizer.run_optimizer --symbol GER40
      run the grid, or go on with the newest unfinished run
  python -m params_optimizer.run_optimizer --symbol GER40 --trades best
      the trade list of the winner

An option without effect on what is asked is refused.

exit codes: 0 done, 1 something you can fix, 2 wrong arguments, 3 a bug,
130/143/129 stopped by Ctrl-C, SIGTERM or a closed terminal
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = _parser()
    options = vars(parser.parse_args(argv))
    level = options.pop("level", console.Level.NORMAL)
    names = parser.options()

    def action() -> int:
        console.set_level(level)
        prepare_process()
        from params_optimizer.actions import asked, perform

        try:
            command = asked(options, names)
        except RequestError as error:
            parser.error(str(error).partition("\n")[0])
        return perform(command)

    return console.run(action)


class _Group:
    """A group of options in the help."""

    def __init__(self, parser: argparse.ArgumentParser, title: str) -> None:
        self._group = parser.add_argument_group(title)

    def switch(self, option: str, text: str, dest: str | None = None, value: object = True) -> None:
        """An option without an argument, which sets a field to `value`."""
        self._group.add_argument(
            option, dest=dest or _field(option), action="store_const", const=value, help=text
        )

    def value(
        self,
        option: str,
        metavar: str,
        text: str,
        dest: str | None = None,
        *,
        kind: Callable[[str], object] = str,
        count: int | str | None = None,
        also: str | None = None,
    ) -> None:
        """An option with an argument, or `count` of them; `also` is another name of it."""
        options, field = [*filter(None, [also]), option], dest or _field(option)
        self._group.add_argument(
            *options, dest=field, metavar=metavar, nargs=count, type=kind, help=text
        )

    def values(self, option: str, metavar: str, text: str) -> None:
        """An option that may be given several times."""
        self._group.add_argument(
            option, dest=_field(option), metavar=metavar, action=_Append, help=text
        )


class _Append(argparse.Action):
    """Adds each argument to a tuple."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        del parser, option_string
        setattr(namespace, self.dest, (*getattr(namespace, self.dest, ()), values))


def _field(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")


def _parser() -> console.Parser:
    parser = console.Parser(
        prog="python -m params_optimizer.run_optimizer",
        usage="%(prog)s [action] [options]",
        description="Search the parameters of an intraday strategy exhaustively.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--symbol", metavar="S", help="the market, for example GER40 or XAUUSD")
    _add_actions(_Group(parser, "actions (default: run the optimization)"))
    _add_questions(_Group(parser, "about a run: the newest complete one, or that of --run-dir"))
    _add_run_options(_Group(parser, "the run"))
    _add_strategy_options(_Group(parser, "another strategy"))
    _add_search_options(_Group(parser, "searches"))
    _add_validation_options(_Group(parser, "days that were not searched"))
    _add_robustness_options(_Group(parser, "skill or luck"))
    _add_data_options(_Group(parser, "data and settings"))
    _add_terminal_options(parser.add_argument_group("the terminal"))
    return parser


def _add_actions(group: _Group) -> None:
    group.switch("--run", "run as well, beside what is asked about a run; a search: anew", "again")
    group.switch("--info", "data, grid and expected time")
    group.value(
        "--prepare-data",
        "PATH",
        "read raw bars from these files or folders, or from 'DATA/{SYMBOL} 1m .../'",
        kind=Path,
        count="*",
    )
    group.switch("--sample-data", "generate data to try things on")
    group.switch("--demo", "sample data, run and reports at once")
    group.value("--news-template", "FILE", "write a calendar to fill in", kind=Path)
    group.value("--compare", "RUN_DIR", "a page with two runs side by side", count=2)
    group.value("--workflow", "FILE", "follow the stages of a YAML or JSON file", kind=Path)
    group.value("--check", "RUN_DIR", "whether a run directory can be trusted")
    group.switch("--list", "all runs and workflows: status, size, best, note")


def _add_questions(group: _Group) -> None:
    group.value("--note", "TEXT", "a note that --list shows")
    group.value(
        "--trades", "ID", "trades of a combination or trial, or of the 'best'", kind=_integer
    )
    group.value(
        "--validate",
        "N",
        "compare the N best of a finished run with the reference engine",
        kind=_integer,
    )
    group.switch("--generate-excel", "a workbook of a run, even unfinished, or of a search")
    group.value("--top-n", "N", "rows per sheet: 5000", kind=_integer)
    group.switch(
        "--generate-html", "a page with pictures of a run, even unfinished, or of a search"
    )


def _add_run_options(group: _Group) -> None:
    group.value(
        "--grid", "G", "standard, expanded, own (of the settings), or a JSON file of values"
    )
    group.value("--workers", "N", "worker processes", kind=_integer)
    group.value(
        "--run-dir", "NAME", "an existing run directory; alone: go on with its run", "directory"
    )
    group.switch("--no-resume", "start afresh, touch nothing old", "resume", value=False)
    group.value("--from", "DATE", "first day traded", "first", kind=_date)
    group.value("--to", "DATE", "last day traded", "last", kind=_date)
    group.value("--spread", "POINTS", "full spread, in place of the symbol's", kind=_number)
    group.value(
        "--execution", "HOW", "fills by the 'rules', or 'strict' as an order would have met them"
    )
    group.value(
        "--slippage", "POINTS", "what a market fill of --execution strict is worse", kind=_number
    )
    group.value("--keep", "WHAT", "all rows, or top:N, the N best overall and per variation")
    group.values(
        "--where",
        "CONDITION",
        "rank only what meets it: 'max_drawdown <= 12 and winrate > 40'; several: all of them",
    )
    group.switch("--no-news-filter", "trade through the news", "news_filter", value=False)
    group.value("--news-before-minutes", "M", "minutes without signals before news", kind=_integer)
    group.value("--news-after-minutes", "M", "minutes without signals after news", kind=_integer)


def _add_strategy_options(group: _Group) -> None:
    group.value(
        "--strategy",
        "NAME",
        "initial_balance, ma_crossover, rsi, bollinger, ensemble, or your module:Name",
    )
    group.value("--data", "FILE", "bars of any time frame, in place of --symbol", "file", kind=Path)
    group.value("--time-frame", "T", "gather the bars: M15, H1, D1 or minutes")
    group.value(
        "--commission",
        "F",
        "added to the spread: 0.001 is 0.1 %% of each fill",
        kind=_number,
    )
    group.value("--capital", "MONEY", "initial capital: 10000", kind=_number)
    group.value("--ensemble", "FILE", "rules to weigh, in place of the built-in ones", kind=Path)
    group.value(
        "--border",
        "POLICY",
        "what becomes of trades that cross the border of a window or regime: close (default), "
        "carry or drop",
    )
    group.switch(
        "--check-strategy", "whether --strategy reads later bars, remembers calls, or raises"
    )
    group.value(
        "--backtest",
        "NAME=VALUE",
        "what one parameter set of --strategy made, and its trades",
        count="*",
    )


def _add_search_options(group: _Group) -> None:
    group.value(
        "--method",
        "M",
        "how the space is searched: grid (all of it), random, bayesian, genetic, particle-swarm "
        "or nsga2",
    )
    group.value("--space", "FILE", "the space, as a JSON file", kind=Path)
    group.value("--trials", "N", "how many are tried: 200", kind=_integer)
    group.value("--direction", "D", "maximize or minimize, one a metric")
    group.value("--seed", "S", "the same seed, the same trials", kind=_integer)
    group.value("--batch", "N", "trials asked at once: 8", kind=_integer)
    group.value("--timeout", "SEC", "most seconds of a trial", kind=_number, also="--trial-timeout")


def _add_validation_options(group: _Group) -> None:
    group.value(
        "--holdout-from",
        "DATE",
        "choose on the days before, show the best on the days from it on",
        "holdout",
        kind=_date,
    )
    group.switch("--walk-forward", "choose anew for each window from the days before it")
    group.value(
        "--by-regime", "KIND", "choose for each kind of market: volatility, trend or mixture"
    )
    group.value("--validation", "NAME", "another way to choose on some days: halves")
    group.value("--min-regime-trades", "N", "least trades in a regime: 10", kind=_integer)
    group.value("--in-sample-days", "DAYS", "days of each window to choose on: 120", kind=_integer)
    group.value("--out-sample-days", "DAYS", "days after them to trade: 60", kind=_integer)
    group.value(
        "--step-days", "DAYS", "from window to window: as many as out-sample days", kind=_integer
    )
    group.switch("--anchored", "in sample from the first day on")
    group.value("--purge-days", "DAYS", "days left out between: 0", kind=_integer)
    group.value(
        "--metric",
        "NAME",
        "what is best: score, or a metric such as total_r; of nsga2 several: total_r,winrate",
    )
    group.value("--min-trades", "N", "least trades in sample", kind=_integer)


def _add_robustness_options(group: _Group) -> None:
    group.switch(
        "--robustness",
        "how likely the best of a run or search is luck, and what worse costs leave of it",
    )
    group.value("--robustness-top", "N", "how many of the ranking it examines: 10", kind=_integer)
    group.value(
        "--pbo", "WHAT", "overfitting from a sample of the grid, or from all of it: full (minutes)"
    )


def _add_data_options(group: _Group) -> None:
    group.value("--data-dir", "DIR", "root of raw data, optimized/ and news/")
    group.value("--output-dir", "DIR", "where run directories are made")
    group.value("--config", "FILE", "settings: optimizer_config.json", kind=Path)
    group.value(
        "--source-timezone",
        "ZONE",
        "zone of raw times without one: Europe/Berlin, UTC-5, newyork+7",
    )
    group.value("--stamps", "END", "which end of a bar raw times are of: open or close")
    group.value("--date-order", "ORDER", "of raw dates such as 01/02/2024: dmy or mdy")
    group.switch("--force", "replace prepared data or the sample; import despite lost rows")


def _add_terminal_options(group: "argparse._ArgumentGroup") -> None:
    levels = group.add_mutually_exclusive_group()
    for option, level, text in (
        ("--quiet", console.Level.QUIET, "warnings, errors and answers only"),
        ("--verbose", console.Level.VERBOSE, "every phase, its time, the origin"),
    ):
        levels.add_argument(option, dest="level", action="store_const", const=level, help=text)


def _integer(text: str) -> int | str:
    """A number where it is one; what is none is refused by the request, with the way out."""
    return int(text) if re.fullmatch(r"-?[0-9]+", text, re.ASCII) else text


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _date(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


if __name__ == "__main__":
    sys.exit(main())
