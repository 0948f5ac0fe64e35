"""All that a page is made of: what a run found, and what was done with it afterwards."""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from params_optimizer.errors import DamagedFileError
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.study import Study
from params_optimizer.storage.sealed import unsealed

Content = dict[str, Any]


class RunFiles(ABC):
    """The folder of a run or a search, with the validation files that are there."""

    folder: Path

    @property
    @abstractmethod
    def market(self) -> str:
        """The first word of the name of every file."""

    @property
    def unfinished(self) -> bool:
        """Whether something is missing that the run will still make."""
        return False

    def json(self, name: str) -> Content | None:
        """Content of `{market}_{name}.json`; None where there is no such file.

        Raises:
            DamagedFileError: it is no JSON object.
        """
        return read_json(self.path(f"{name}.json"))

    def csv(self, name: str) -> list[dict[str, str]] | None:
        """Rows of `{market}_{name}.csv`; None where there is no such file."""
        path = self.path(f"{name}.csv")
        try:
            with path.open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(io.StringIO(file.read())))
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise DamagedFileError(_unreadable(path, error)) from error

    def path(self, name: str) -> Path:
        """Where the file `{market}_{name}` lies."""
        return self.folder / f"{self.market}_{name}"


@dataclass(frozen=True)
class Material(RunFiles):
    """An outcome, and the folder of its run."""

    outcome: Outcome
    folder: Path

    @property
    def study(self) -> Study:
        """What was searched."""
        return self.outcome.study

    @property
    def market(self) -> str:
        """The symbol."""
        return self.study.symbol

    @property
    def complete(self) -> bool:
        """Whether every combination of the grid has its row."""
        return len(self.outcome.results) == len(self.study.grid)

    @property
    def unfinished(self) -> bool:
        """Whether rows are missing that the run will still make."""
        return not self.complete and self.study.most is None

    @property
    def tried(self) -> int:
        """How many combinations were tried, so far."""
        return len(self.outcome.results) if self.unfinished else len(self.study.grid)


def read_json(path: Path) -> Content | None:
    """A JSON object; None where there is no such file.

    Raises:
        DamagedFileError: it holds something else, or not what was written.
    """
    try:
        return unsealed(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedFileError(_unreadable(path, error)) from error


def from_file(path: Path, make: Callable[[], Content]) -> Content:
    """What `make` makes of the content of `path`.

    Raises:
        DamagedFileError: the content is not what this version writes.
    """
    try:
        return make()
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise DamagedFileError(_unreadable(path, repr(error))) from error


def _unreadable(path: Path, why: object) -> str:
    return f"{path}: cannot be read ({why}); make it again, or delete it to leave it out"


def short(value: float | None) -> float | None:
    """A number for a picture: six significant digits, and nothing for what is no number."""
    if value is None or value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124
        return None
    return float(f"{value:.6g}")


def shorts(values: object) -> Any:  # noqa: ANN401  lists as deep as the array is
    """The same for an array or a list of any depth."""
    listed = values.tolist() if hasattr(values, "tolist") else values
    if isinstance(listed, list):
        return [shorts(one) for one in listed]
    return short(listed) if isinstance(listed, float) else listed


def present(row: Mapping[str, Any] | None, *names: str) -> list[Any]:
    """The named values of a row, nothing where there is no row."""
    return [row[name] if row else None for name in names]
