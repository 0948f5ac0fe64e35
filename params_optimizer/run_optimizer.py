"""The command line: arguments -> settings -> one call per action (DESIGN 6).

Only the standard library is imported before it is known what to do, so that `--help`
answers at once.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from params_optimizer import __version__, console
from params_optimizer.environment import prepare_process

_EPILOG = """\
examples:
  python -m params_optimizer.run_optimizer --demo
      everything from nothing, on generated sample data
  python -m params_optimizer.run_optimizer --symbol GER40 --prepare-data
      read the CSV files of 'data/GER40 1m .../'
  python -m params_optimizer.run_optimizer --symbol GER40
      search the grid, or go on with the newest unfinished run
  python -m params_optimizer.run_optimizer --symbol GER40 --trades best
      the trade list of the winner

exit codes: 0 done, 1 something you can fix, 2 wrong arguments, 3 a bug,
130/143/129 stopped by Ctrl-C, SIGTERM or a closed terminal
"""

_SEARCHES = ("method", "workflow")
_WINDOWS = ("walk_forward", "by_regime")
_OTHER_DAYS = ("holdout_from", *_WINDOWS, "method")
_OWNERS = {
    **dict.fromkeys(("space", "trials", "direction", "batch", "timeout"), _SEARCHES),
    **dict.fromkeys(("metric", "min_trades"), _OTHER_DAYS),
    **dict.fromkeys(("in_sample_days", "out_sample_days", "step_days"), _WINDOWS),
    **dict.fromkeys(("anchored", "purge_days"), _WINDOWS),
    "min_regime_trades": ("by_regime",),
    **dict.fromkeys(("robustness_top", "pbo"), ("robustness",)),
    "top_n": ("generate_excel", "demo"),
    "force": ("prepare_data", "sample_data", "demo"),
}
"""Options and the actions, one of them at least, that they mean something to."""

_DEFAULTS = {
    "in_sample_days": 120,
    "out_sample_days": 60,
    "purge_days": 0,
    "min_regime_trades": 10,
    "robustness_top": 10,
    "pbo": "sample",
    "top_n": 5000,
}
"""Of options of actions; the parser leaves None, which tells what was given."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    _check(parser, arguments)
    for name, value in _DEFAULTS.items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)

    def action() -> int:
        prepare_process()
        from params_optimizer import actions

        return actions.perform(arguments)

    return console.run(action)


def _parser() -> argparse.ArgumentParser:
    parser = console.Parser(
        prog="python -m params_optimizer.run_optimizer",
        description="Search the parameters of an intraday strategy exhaustively.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--symbol", metavar="S", help="the market, for example GER40 or XAUUSD")
    _add_actions(parser.add_argument_group("actions (default: run the optimization)"))
    _add_run_options(parser.add_argument_group("the run"))
    _add_strategy_options(parser.add_argument_group("another strategy"))
    _add_search_options(parser.add_argument_group("searches"))
    _add_validation_options(parser.add_argument_group("days that were not searched"))
    _add_robustness_options(parser.add_argument_group("skill or luck"))
    _add_data_options(parser.add_argument_group("data and settings"))
    _add_terminal_options(parser.add_argument_group("the terminal"))
    return parser


def _add_actions(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--run", action="store_true", help="run (search) anew beside a report action"
    )
    group.add_argument("--info", action="store_true", help="data, grid and expected time")
    group.add_argument(
        "--prepare-data",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="read raw bars from these files or folders, or from 'DATA/{SYMBOL} 1m .../'",
    )
    group.add_argument("--sample-data", action="store_true", help="generate data to try things on")
    group.add_argument("--demo", action="store_true", help="sample data, run and reports at once")
    group.add_argument(
        "--news-template", type=Path, metavar="FILE", help="write a calendar to fill"
    )
    group.add_argument(
        "--generate-excel",
        action="store_true",
        help="a workbook of a run, even unfinished, or of a search",
    )
    group.add_argument(
        "--generate-html",
        action="store_true",
        help="a page with pictures of a run, even unfinished, or of a search",
    )
    group.add_argument(
        "--compare", nargs=2, metavar="RUN_DIR", help="a page with two runs side by side"
    )
    group.add_argument(
        "--trades", metavar="ID", help="trades of a combination or trial, or of the 'best'"
    )
    group.add_argument(
        "--workflow", type=Path, metavar="FILE", help="follow the stages of a YAML or JSON file"
    )
    group.add_argument("--check", metavar="RUN_DIR", help="whether a run directory can be trusted")
    group.add_argument(
        "--validate",
        type=_positive,
        metavar="N",
        help="check the N best of a finished run against the reference engine",
    )


def _add_run_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--grid", metavar="G", help="standard, expanded, or a JSON file of values")
    group.add_argument("--workers", type=_positive, metavar="N", help="worker processes")
    group.add_argument("--run-dir", metavar="NAME", help="an existing run directory")
    group.add_argument("--no-resume", action="store_true", help="start afresh, touch nothing old")
    group.add_argument("--from", dest="first", type=_date, metavar="DATE", help="first day traded")
    group.add_argument("--to", dest="last", type=_date, metavar="DATE", help="last day traded")
    group.add_argument("--spread", type=_cost, metavar="POINTS", help="full spread in points")
    group.add_argument(
        "--keep", metavar="WHAT", help="all rows, or top:N, the N best overall and per variation"
    )
    group.add_argument("--no-news-filter", action="store_true", help="trade through the news")
    group.add_argument("--news-before-minutes", type=_minutes, metavar="M")
    group.add_argument("--news-after-minutes", type=_minutes, metavar="M")
    group.add_argument("--top-n", type=_positive, metavar="N", help="rows per sheet: 5000")


def _add_strategy_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--strategy",
        metavar="NAME",
        help="initial_balance, ma_crossover, rsi, bollinger, ensemble, or your module:Name",
    )
    group.add_argument(
        "--data", type=Path, metavar="FILE", help="bars of any time frame, in place of --symbol"
    )
    group.add_argument("--time-frame", metavar="T", help="gather the bars: M15, H1, D1 or minutes")
    group.add_argument(
        "--commission", type=_fraction, metavar="F", help="fraction of each fill: 0.001 is 0.1 %%"
    )
    group.add_argument("--capital", type=_money, metavar="MONEY", help="initial capital: 10000")
    group.add_argument(
        "--ensemble",
        type=Path,
        metavar="FILE",
        help="rules to weigh, in place of the built-in ones",
    )
    group.add_argument(
        "--border",
        choices=("close", "carry", "drop"),
        default="close",
        help="what becomes of trades that cross the border of a window or regime",
    )
    group.add_argument(
        "--check-strategy",
        action="store_true",
        help="whether --strategy reads later bars, remembers calls, or raises",
    )
    group.add_argument(
        "--backtest",
        nargs="*",
        metavar="NAME=VALUE",
        help="what one parameter set of --strategy made, and its trades",
    )


def _add_search_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--method",
        choices=("grid", "random", "bayesian", "genetic", "particle-swarm", "nsga2"),
        help="search the space of --strategy; grid tries all of it",
    )
    group.add_argument("--space", type=Path, metavar="FILE", help="the space, as a JSON file")
    group.add_argument("--trials", type=_positive, metavar="N", help="how many are tried: 200")
    group.add_argument("--direction", metavar="D", help="maximize or minimize, one a metric")
    group.add_argument("--seed", type=_whole, metavar="S", help="the same seed, the same trials")
    group.add_argument("--batch", type=_positive, metavar="N", help="trials asked at once: 8")
    group.add_argument("--timeout", type=_seconds, metavar="SEC", help="most seconds of a trial")


def _add_validation_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--holdout-from",
        type=_date,
        metavar="DATE",
        help="choose on the days before, show the best on the days from it on",
    )
    group.add_argument(
        "--walk-forward",
        action="store_true",
        help="choose anew for each window from the days before it",
    )
    group.add_argument(
        "--by-regime",
        metavar="KIND",
        help="choose for each kind of market: volatility, trend or mixture",
    )
    group.add_argument(
        "--min-regime-trades", type=int, metavar="N", help="least trades in a regime: 10"
    )
    group.add_argument("--in-sample-days", type=int, metavar="DAYS", help="120")
    group.add_argument("--out-sample-days", type=int, metavar="DAYS", help="60")
    group.add_argument("--step-days", type=int, metavar="DAYS", help="default: out-sample days")
    group.add_argument("--anchored", action="store_true", help="in sample from the first day on")
    group.add_argument("--purge-days", type=int, metavar="DAYS", help="left out between: 0")
    group.add_argument(
        "--metric",
        metavar="NAME",
        help="what is best: score, or a metric such as total_r; of nsga2 several: total_r,winrate",
    )
    group.add_argument("--min-trades", type=int, metavar="N", help="least trades in sample")


def _add_robustness_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--robustness",
        action="store_true",
        help="how likely the best of a run or search is luck, and what worse costs leave of it",
    )
    group.add_argument(
        "--robustness-top",
        type=_positive,
        metavar="N",
        help="how many of the ranking it examines; 10 if not given",
    )
    group.add_argument(
        "--pbo",
        choices=("sample", "full"),
        help="overfitting from a sample of the grid, or from all of it (minutes)",
    )


def _add_data_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--data-dir", metavar="DIR", help="root of raw data, optimized/ and news/")
    group.add_argument("--output-dir", metavar="DIR", help="where run directories are made")
    group.add_argument("--config", type=Path, metavar="FILE", help="default: optimizer_config.json")
    group.add_argument(
        "--source-timezone",
        metavar="ZONE",
        help="zone of raw times without one: Europe/Berlin, UTC-5, newyork+7",
    )
    group.add_argument("--force", action="store_true", help="replace prepared data or the sample")


def _add_terminal_options(group: "argparse._ArgumentGroup") -> None:
    either = group.add_mutually_exclusive_group()
    either.add_argument("--quiet", action="store_true", help="warnings, errors and answers only")
    either.add_argument("--verbose", action="store_true", help="every phase, its time, the origin")


def _check(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Refuse combinations of arguments that mean nothing."""
    alone = (
        arguments.check is not None
        or arguments.compare
        or arguments.sample_data
        or arguments.demo
        or arguments.news_template
        or arguments.info
        or arguments.check_strategy
    )
    if arguments.backtest is not None and not arguments.strategy:
        parser.error("--backtest tests one parameter set of a strategy: which --strategy?")
    if arguments.check_strategy and not arguments.strategy:
        parser.error("--check-strategy tests a strategy: which --strategy?")
    other = arguments.data or arguments.strategy not in {None, "initial_balance"}
    if arguments.data and not (arguments.strategy or arguments.workflow):
        parser.error("--data FILE: which --strategy trades these bars?")
    acts = arguments.backtest is not None or arguments.check_strategy or arguments.method
    if other and not (acts or arguments.workflow):
        parser.error(
            "what to do with --strategy or --data? Add --method, --backtest or --check-strategy"
        )
    _check_owners(parser, arguments)
    _check_company(parser, arguments, other=bool(other))
    if arguments.symbol is None and not alone and not arguments.data:
        parser.error("--symbol is missing, for example --symbol GER40 (or try --demo)")
    if arguments.first and arguments.last and arguments.first > arguments.last:
        parser.error(f"--from {arguments.first} is after --to {arguments.last}")
    if arguments.no_resume and arguments.run_dir:
        parser.error("--run-dir goes on with a run, --no-resume starts a new one: give one of them")


def _check_owners(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Refuse options without the action they belong to, which would start a run instead."""
    for name, actions in _OWNERS.items():
        if not _given(arguments, name) or any(_given(arguments, action) for action in actions):
            continue
        option = _option(name)
        if actions == _SEARCHES:
            parser.error(f"{option} belongs to a search: which --method?")
        parser.error(
            f"{option} belongs to {' or '.join(map(_option, actions))}, which is not asked for"
        )


_ALONE = ("compare", "info", "sample_data", "demo", "news_template", "prepare_data", "workflow")
"""Actions that no search or backtest of the same command goes with."""
_OF_INITIAL_BALANCE = ("grid", "news_before_minutes", "news_after_minutes")
_OF_RESULTS = (
    *("holdout_from", "walk_forward", "by_regime", "robustness", "generate_html"),
    *("generate_excel", "trades", "validate", "compare", "method"),
)


def _check_company(
    parser: argparse.ArgumentParser, arguments: argparse.Namespace, *, other: bool
) -> None:
    """Refuse what would be left out, or would leave out the rest."""
    if arguments.prepare_data is not None and arguments.symbol is None:
        parser.error("--prepare-data imports the bars of a market: which --symbol?")
    one = "--backtest" if arguments.backtest is not None else None
    one = f"--method {arguments.method}" if arguments.method else one
    one = "--check-strategy" if arguments.check_strategy else one
    for name in _ALONE if one else ():
        if _given(arguments, name):
            parser.error(f"{_option(name)} and {one} are two commands: give one of them")
    for name in _OF_RESULTS if arguments.backtest is not None else ():
        if _given(arguments, name):
            parser.error(f"{_option(name)} belongs to a run or a search, not to --backtest")
    for name in _OF_INITIAL_BALANCE if other and not arguments.workflow else ():
        if _given(arguments, name):
            parser.error(f"{_option(name)} belongs to the Initial Balance, not to --strategy")
    if arguments.ensemble and arguments.strategy != "ensemble":
        parser.error("--ensemble names the rules of --strategy ensemble, which is not asked for")


def _given(arguments: argparse.Namespace, name: str) -> bool:
    value = getattr(arguments, name)
    if name == "method" and value == "grid" and not arguments.space:
        # Without --method it would be the same: the exhaustive run of the Initial Balance.
        return arguments.strategy not in {None, "initial_balance"}
    return value is not None and value is not False


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _minutes(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) >= 1440:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes from 0 to 1439")
    return int(text)


def _cost(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of points from 0 on")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return value


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(text)


def _fraction(text: str) -> float:
    value = _cost(text)
    if value >= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no fraction below 1; 0.1 % is 0.001")
    return value


def _money(text: str) -> float:
    value = _cost(text)
    if value == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount above 0")
    return value


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write 2024-12-31") from error


if __name__ == "__main__":
    sys.exit(main())
