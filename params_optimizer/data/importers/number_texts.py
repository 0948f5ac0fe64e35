"""Numbers as files write them: `1234.5`, `1,234.50` in quotes, `1.234,50`, `1234,5`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.importers.stamps import ArrowArray, ArrowStrings

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
# A comma inside quotes has become a space where commas separate the fields.
_GROUPS = r"^[+-]?[1-9][0-9]{0,2}([ '][0-9]{3})+(\.[0-9]*)?$"
_COMMA_GROUPS = r"^[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?$"
_COMMA_GROUPS_AND_POINT = r"^[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+\.[0-9]+$"
_DECIMAL_COMMA = r"^[+-]?[0-9]+,([0-9]{1,2}|[0-9]{4,})$|^[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+,[0-9]+$"
_WITH_COMMA = r"^[+-]?([0-9]+|[1-9][0-9]{0,2}(\.[0-9]{3})+)(,[0-9]*)?$"


def number_columns(columns: Sequence[ArrowStrings]) -> list[NDArray[np.float64]]:
    """Correctly rounded numbers of Arrow string arrays of one table, which write them alike.

    NaN where a text is not a number. `1,234` is read only where another number of the table
    shows whether its comma separates thousands or decimals.
    """
    import pyarrow as pa

    try:
        return [_float64(column.cast(pa.float64())) for column in columns]
    except pa.ArrowInvalid:
        plain = _plain_spelling(columns)
        return [_readable(column) for column in plain]


def numbers(strings: ArrowStrings) -> NDArray[np.float64]:
    """The numbers of a single column; see `number_columns`."""
    return number_columns([strings])[0]


def _plain_spelling(columns: Sequence[ArrowStrings]) -> list[ArrowStrings]:
    if _any_match(columns, _DECIMAL_COMMA):
        return [
            _replaced(_replaced(column, _WITH_COMMA, r"\.", ""), _WITH_COMMA, ",", ".")
            for column in columns
        ]
    columns = [_replaced(column, _GROUPS, "[ ']", "") for column in columns]
    if _any_match(columns, _COMMA_GROUPS_AND_POINT):
        return [_replaced(column, _COMMA_GROUPS, ",", "") for column in columns]
    return list(columns)


def _any_match(columns: Sequence[ArrowStrings], pattern: str) -> bool:
    import pyarrow.compute as pc

    return any(pc.any(pc.match_substring_regex(column, pattern)).as_py() for column in columns)


def _replaced(strings: ArrowStrings, pattern: str, part: str, replacement: str) -> ArrowStrings:
    """`part` replaced in the texts that match `pattern`."""
    import pyarrow.compute as pc

    changed = pc.replace_substring_regex(strings, part, replacement)
    return pc.if_else(pc.match_substring_regex(strings, pattern), changed, strings)


def _readable(strings: ArrowStrings) -> NDArray[np.float64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    is_number = pc.match_substring_regex(strings, _NUMBER)
    return _float64(pc.if_else(is_number, strings, "nan").cast(pa.float64()))


def _float64(values: ArrowArray) -> NDArray[np.float64]:
    return np.asarray(values.to_numpy(zero_copy_only=False), np.float64)


def decimals(strings: ArrowStrings, sample: int = 10_000) -> int:
    """The largest number of decimals among the first texts."""
    texts: list[str] = strings.slice(0, sample).to_pylist()
    return max((len(text.rpartition(".")[2]) for text in texts if "." in text), default=0)
