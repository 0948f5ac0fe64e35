"""What all requests have in common: frozen, validated, and refused where a field means nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import model_validator

from params_optimizer.config.base import Model

CONFIG, DATA, OUTPUT = "config", "data_dir", "output_dir"
"""The places that answering a request can need: settings, data folder, folder of the runs."""


class FieldError(ValueError):
    """A field whose value means nothing in this request.

    `reason` may name fields in braces, as `{method}`; whoever shows it puts the name there that
    its readers know.
    """

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(reason)
        self.field, self.value, self.reason = field, value, reason


@dataclass(frozen=True, slots=True)
class Only:
    """Marks a field that has a meaning where `when(request)` holds, and why not elsewhere."""

    when: Callable[[Any], bool]
    reason: str


class Request(Model):
    """Base of all requests; None is a field that was not given: settings or run decide then."""

    places: ClassVar[frozenset[str]] = frozenset({CONFIG, DATA, OUTPUT})

    @classmethod
    def without_meaning(cls, values: Mapping[str, Any]) -> Iterator[FieldError]:
        """The fields among `values` that this request would ignore."""
        request = cls.model_construct(**values)
        for name, field in cls.model_fields.items():
            if values.get(name, field.default) == field.default:
                continue
            for rule in field.metadata:
                if isinstance(rule, Only) and not rule.when(request):
                    yield FieldError(name, values[name], rule.reason)

    def needed_places(self) -> frozenset[str]:
        """The places that answering this very request needs."""
        return self.places

    @model_validator(mode="after")
    def _refuse_what_means_nothing(self) -> Self:
        values = {name: getattr(self, name) for name in self.model_fields_set}
        for refusal in self.without_meaning(values):
            raise refusal
        return self
