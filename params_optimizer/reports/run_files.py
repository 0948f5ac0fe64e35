"""The files that validations leave beside a run."""

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from params_optimizer.errors import DamagedFileError
from params_optimizer.reports.trades import TradeRow
from params_optimizer.storage.sealed import unsealed

Content = dict[str, Any]


class RunFiles(NamedTuple):
    """The folder of a run, and the market with which the name of every file begins."""

    folder: Path
    market: str

    def path(self, name: str) -> Path:
        """Where the file `{market}_{name}` lies."""
        return self.folder / f"{self.market}_{name}"

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

    def rows(self, name: str, **kinds: Callable[[str], object]) -> list[dict[str, Any]] | None:
        """The lines of `{market}_{name}`, with columns of other `kinds` than text; None: no file.

        Raises:
            DamagedFileError: it is not what was written.
        """
        path = self.path(name)
        try:
            with path.open(encoding="utf-8", newline="") as file:
                rows = csv.DictReader(io.StringIO(file.read()))
            return [row | {key: kind(row[key]) for key, kind in kinds.items()} for row in rows]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
            raise DamagedFileError(_unreadable(path, error)) from error

    def stitched_trades(self) -> list[TradeRow]:
        """The out-of-sample trades of a walk-forward; none where there is no such file."""
        return self.rows("oos_trades.csv", date=date.fromisoformat, r=float) or []

    def damaged(self, finding: str, error: Exception) -> DamagedFileError:
        """The error of a finding whose content is not what this version writes."""
        return DamagedFileError(_unreadable(self.path(f"{finding}.json"), repr(error)))


def _unreadable(path: Path, why: object) -> str:
    return f"{path}: cannot be read ({why}); make it again, or delete it to leave it out"
