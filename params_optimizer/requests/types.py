"""Types that several requests share; `requests.words` says in messages what they require."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue

from params_optimizer.config import SYMBOL_PATTERN
from params_optimizer.config.messages import nearest
from params_optimizer.search.methods import METHODS

Count = Annotated[int, Field(ge=1)]
Natural = Annotated[int, Field(ge=0)]
Minutes = Annotated[int, Field(ge=0, le=1439)]
Text = Annotated[str, Field(min_length=1)]
Points = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
RegimeKind = Literal["volatility", "trend", "mixture"]
Border = Literal["close", "carry", "drop"]
Execution = Literal["rules", "strict"]
Stamp = Literal["open", "close"]
DateOrder = Literal["dmy", "mdy"]


def _symbol(name: str) -> str:
    if not SYMBOL_PATTERN.fullmatch(name):
        raise ValueError(
            "must be 1 to 32 of A-Z a-z 0-9 . _ + -, and begin with a letter or a digit"
        )
    return name


SymbolName = Annotated[str, AfterValidator(_symbol)]


def _method(name: str) -> str:
    if name not in METHODS:
        raise ValueError(f"must be one of {', '.join(METHODS)}{nearest(name, METHODS)}")
    return name


Method = Annotated[
    str, AfterValidator(_method), Field(json_schema_extra={"enum": list[JsonValue](METHODS)})
]
