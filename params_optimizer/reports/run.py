"""What a report is made of: a run as its sections see it, whatever produced it."""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.distributions import Distribution
from params_optimizer.analytics.factors import Factor
from params_optimizer.data.bars import Bars
from params_optimizer.errors import DamagedFileError
from params_optimizer.reports.blocks import Column, Fact, Figure, Row
from params_optimizer.search.trial import Trial
from params_optimizer.storage.sealed import unsealed

GENERATED = "GENERATED SAMPLE DATA: made by a random process, says nothing about any market."
Content = dict[str, Any]
TradeRow = dict[str, Any]


class Series(NamedTuple):
    """A list of trades with a name; `out_of_sample` where it was not chosen on these days."""

    key: str
    name: str
    rows: Sequence[TradeRow]
    out_of_sample: bool = False

    @property
    def dates(self) -> list[date]:
        """Local date of each trade."""
        return [row["date"] for row in self.rows]

    @property
    def r(self) -> NDArray[np.float64]:
        """R of each trade."""
        return np.array([row["r"] for row in self.rows], np.float64)


class Shares(NamedTuple):
    """How much of the differences in a metric parameters explain, greatest share first.

    A share belongs to one parameter, or to two of them beyond what each does alone.
    """

    metric: str
    shares: Sequence[tuple[tuple[str, ...], float]]


class Panel(NamedTuple):
    """A metric over the values of one parameter; `winner` is the place of the winner's value."""

    name: str
    labels: Sequence[str]
    values: Sequence[float | None]
    winner: int | None = None


class HeatPicture(NamedTuple):
    """A map, `values` of shape (up, across), as a picture; `frame` is the winner's cell.

    `signed` figures are won or lost around zero, the rest is only more or less. `usual` gives
    the colours to nearly all cells, where a few far away would leave the rest none.
    """

    values: NDArray[np.float64]
    across: Factor
    up: Factor
    frame: tuple[int, int]
    what: str
    signed: bool = True
    usual: bool = False


class Landscape(Protocol):
    """The evaluated sets by their values on the axes of the space."""

    @property
    def factors(self) -> Sequence[Factor]:
        """The axes, with a label for each value or range."""

    @property
    def varying(self) -> Sequence[int]:
        """The places of the factors that have several values."""

    @property
    def winner(self) -> list[int] | None:
        """The places of the winner on the factors."""

    def distributions(self) -> Mapping[str, Distribution]:
        """Distributions by metric."""

    def heat(self) -> Content:
        """Maps of metrics over pairs of factors, as data of the page."""

    def side_by_side(self, count: int) -> Content:
        """The best sets: places on the factors that vary, then figures."""

    def around(self) -> list[Panel]:
        """Total R along each parameter through the winner."""

    def shares(self) -> list[Shares]:
        """What decides, by metric; empty where that is not known."""

    def levels(self) -> list[Panel]:
        """The mean total R at each value of each parameter; empty where it is not known."""

    def picture(self) -> HeatPicture | None:
        """The map of the two parameters that matter most."""


class Texts(NamedTuple):
    """Sentences in which an exhaustive run and an adaptive one differ."""

    heat: str
    shares: str
    no_shares: str
    around: Sequence[str]
    trades: str
    noise: str = ""


class ReportedRun(ABC):
    """A run that is reported, and the files of its validations beside it.

    `unit` is what a parameter set is called, and the name of the column of its number.
    """

    folder: Path
    limit: int
    """The highest number of rows of a table of the workbook."""
    unit: str
    strategy: str
    order: str
    """What the ranking is by, for people."""

    @property
    @abstractmethod
    def market(self) -> str:
        """The symbol, or the name of the file of bars: the first word of every file's name."""

    @property
    @abstractmethod
    def bars(self) -> Bars:
        """The bars that are traded."""

    @property
    @abstractmethod
    def title(self) -> str:
        """Market, strategy and size of the run."""

    @property
    @abstractmethod
    def days_text(self) -> str:
        """How many days were traded, from the first to the last."""

    @property
    @abstractmethod
    def facts(self) -> list[Fact]:
        """What was searched, on which data, at which costs."""

    @property
    @abstractmethod
    def warnings(self) -> list[str]:
        """What has to be known before anything else is read."""

    @property
    @abstractmethod
    def unfinished(self) -> str:
        """What is missing that the run will still make; empty if nothing is."""

    @property
    @abstractmethod
    def tried(self) -> int:
        """Parameter sets that were evaluated."""

    @property
    @abstractmethod
    def eligible(self) -> int:
        """Parameter sets that are ranked."""

    @property
    @abstractmethod
    def ranked_text(self) -> str:
        """How many sets are ranked, and why the rest is not, as a sentence."""

    @property
    @abstractmethod
    def goals(self) -> Sequence[str]:
        """The metrics that rank, the first one first."""

    @property
    @abstractmethod
    def parameters(self) -> Sequence[Column]:
        """A column for each parameter, called as the rows have it."""

    @property
    @abstractmethod
    def axes(self) -> list[Row]:
        """The space: `parameter`, number of `values`, `range` as a text."""

    @abstractmethod
    def ranked(self, limit: int) -> Collection[Row]:
        """The best rows: `rank`, number, goals, parameters and metrics; as many as there are."""

    @abstractmethod
    def settings_of(self, row: Row) -> Mapping[str, Any]:
        """The parameters of a row by their names."""

    @abstractmethod
    def trades(self, row: Row) -> list[TradeRow]:
        """The trades of a row, `date` and times as such."""

    @property
    @abstractmethod
    def trade_columns(self) -> Sequence[Column]:
        """The columns of its trades."""

    @abstractmethod
    def verdict(self) -> list[str]:
        """What every run knows of its winner, the conclusion last."""

    @property
    @abstractmethod
    def landscape(self) -> Landscape:
        """The evaluated sets by their values on the axes of the space."""

    @property
    @abstractmethod
    def series(self) -> list[Series]:
        """The lists of trades whose equity is shown, the winner's first."""

    @property
    @abstractmethod
    def texts(self) -> Texts:
        """Sentences beside the figures."""

    @abstractmethod
    def chart(self) -> Figure | None:
        """The last trades of the winner, each with the candles around it."""

    @property
    def price_digits(self) -> int:
        """Decimals of prices."""
        return 2

    @property
    def trials(self) -> Sequence[Trial]:
        """Every trial of an adaptive run, in the order in which they were asked."""
        return ()

    @property
    def generated(self) -> bool:
        """Whether the bars are made by a random process."""
        return self.bars.generated

    @property
    def name(self) -> str:
        """The name of the run's folder."""
        return self.folder.resolve().name

    @cached_property
    def best(self) -> Row | None:
        """The winner."""
        return next(iter(islice(self.ranked(1), 1)), None)

    @cached_property
    def best_trades(self) -> list[TradeRow]:
        """The trades of the winner."""
        return self.trades(self.best) if self.best else []

    def finding(self, name: str) -> Content | None:
        """Content of `{market}_{name}.json`; None where there is no such file.

        Raises:
            DamagedFileError: it is no JSON object, or not what was written.
        """
        path = self.path(f"{name}.json")
        try:
            return unsealed(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            raise DamagedFileError(_unreadable(path, error)) from error

    def stitched_trades(self) -> list[TradeRow]:
        """The out-of-sample trades of a walk-forward; none where there is no such file."""
        path = self.path("oos_trades.csv")
        try:
            with path.open(encoding="utf-8", newline="") as file:
                rows = csv.DictReader(io.StringIO(file.read()))
            return [
                {**row, "date": date.fromisoformat(row["date"]), "r": float(row["r"])}
                for row in rows
            ]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, csv.Error) as error:
            raise DamagedFileError(_unreadable(path, error)) from error

    def path(self, name: str) -> Path:
        """Where the file `{market}_{name}` lies."""
        return self.folder / f"{self.market}_{name}"


def damaged(run: ReportedRun, finding: str, error: Exception) -> DamagedFileError:
    """The error of a finding whose content is not what this version writes."""
    return DamagedFileError(_unreadable(run.path(f"{finding}.json"), repr(error)))


def _unreadable(path: Path, why: object) -> str:
    return f"{path}: cannot be read ({why}); make it again, or delete it to leave it out"


def short(value: float | None) -> float | None:
    """A number for a picture: six significant digits, None for what is not finite."""
    if value is None or not np.isfinite(value):
        return None
    return float(f"{value:.6g}")


def shorts(values: object) -> Any:  # noqa: ANN401  lists as deep as the array is
    """The same for an array or a list of any depth."""
    listed = values.tolist() if hasattr(values, "tolist") else values
    if isinstance(listed, list):
        return [shorts(value) for value in listed]
    return short(listed) if isinstance(listed, float) else listed


def prices(values: NDArray[np.float64]) -> list[float]:
    """Prices for a chart: eight significant digits are more than any pixel shows."""
    return [float(f"{price:.8g}") for price in values.tolist()]


def moment(stamp: str) -> datetime:
    """An ISO minute in UTC as a workbook takes it."""
    return datetime.fromisoformat(stamp).replace(tzinfo=None)
