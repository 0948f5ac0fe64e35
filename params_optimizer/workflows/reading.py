"""YAML or JSON in, plain content and the line of every key out.

Plain values are read by the core schema of YAML 1.2, as JSON and other readers of today have
them: `yes` and `1:00` are texts, `010` is ten, `2e-2` a number. PyYAML itself follows YAML 1.1.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from params_optimizer.errors import WorkflowError
from params_optimizer.storage import files

Place = tuple[str | int, ...]
"""Keys and list positions that lead to a value."""

_MAX_BYTES = 1 << 20
_TAG = "tag:yaml.org,2002:"
_SCALARS: Final[tuple[tuple[str, str, Callable[[str], object]], ...]] = (
    ("null", r"~|null|Null|NULL|", lambda _: None),
    ("bool", r"true|True|TRUE|false|False|FALSE", lambda text: text.lower() == "true"),
    ("int", r"[-+]?[0-9]+", int),
    ("int", r"0o[0-7]+|0x[0-9a-fA-F]+", lambda text: int(text, 0)),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", float),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", lambda text: float(text.replace(".", ""))),
    ("str", r"(?s:.*)", str),
)
"""Kind, pattern and value of plain scalars, in order (YAML 1.2.2, section 10.3.2)."""
_MAX_DEPTH = 50


class _Loader(yaml.SafeLoader):
    """Composes nodes with the tags of `_SCALARS`."""

    yaml_implicit_resolvers: Any = {}  # noqa: RUF012  as PyYAML has it


for _kind, _pattern, _ in _SCALARS[:-1]:
    _Loader.add_implicit_resolver(f"{_TAG}{_kind}", re.compile(rf"^(?:{_pattern})$"), None)


class WorkflowDocument(NamedTuple):
    """The content of a file; `lines` holds the line of each key or item, from 1."""

    path: Path
    content: Any
    lines: dict[Place, int]

    def value(self, place: Place) -> Any:  # noqa: ANN401  any plain value
        """The value at a place."""
        content = self.content
        for key in place:
            content = content[key]
        return content

    def at(self, place: Place) -> str:
        """`file: line N: key` of a value, or of the nearest thing above it that has a line."""
        return f"{self.line(place)}: {'.'.join(map(str, place)) or 'the file'}"

    def line(self, place: Place) -> str:
        """The same without the key."""
        above = (place[:length] for length in range(len(place), -1, -1))
        line = next((self.lines[keys] for keys in above if keys in self.lines), 1)
        return f"{self.path}: line {line}"


def read_document(path: Path) -> WorkflowDocument:
    """Read a YAML or JSON file; plain values only, no key twice, no aliases.

    Raises:
        WorkflowError: missing, unreadable, or not such a file; the line is named.
    """
    if not path.exists():
        raise WorkflowError(f"{path}: there is no such file")
    with files.explained(path, "read"):
        if path.stat().st_size > _MAX_BYTES:
            raise WorkflowError(f"{path}: is larger than 1 MB; that is not a workflow")
        raw = path.read_bytes()
    try:
        node = yaml.compose(raw.decode("utf-8-sig"), Loader=_Loader)
        lines: dict[Place, int] = {}
        content = None if node is None else _Reader(path, lines).plain(node, ())
    except WorkflowError:
        raise
    except UnicodeDecodeError as error:
        raise WorkflowError(f"{path}: is not UTF-8 text (byte {error.start})") from error
    except yaml.YAMLError as error:
        raise WorkflowError(f"{path}: {_problem(error)}") from error
    except (RecursionError, ValueError) as error:
        raise WorkflowError(f"{path}: cannot be read as YAML or JSON: {error}") from error
    if not isinstance(content, dict):
        raise WorkflowError(f"{path}: holds {content!r:.40}; it must hold keys and values")
    return WorkflowDocument(path, content, lines)


class _Reader:
    """Turns nodes into plain values and notes the line of every place."""

    def __init__(self, path: Path, lines: dict[Place, int]) -> None:
        self._path, self._lines = path, lines
        self._seen: set[int] = set()

    def plain(self, node: yaml.Node, place: Place) -> Any:  # noqa: ANN401  any plain value
        """The value of a node that lies at `place`."""
        # The same node twice is an alias; nested ones grow without limit.
        if id(node) in self._seen:
            raise self._error(node, "aliases (*name) are not supported; write the value out")
        if len(place) > _MAX_DEPTH:
            raise self._error(node, "is nested too deeply")
        self._seen.add(id(node))
        self._lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.plain(item, (*place, at)) for at, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            for kind, pattern, value in _SCALARS:
                if node.tag == f"{_TAG}{kind}" and re.fullmatch(pattern, node.value):
                    return self._value(node, value)
        raise self._error(node, f"the tag {node.tag!r} is not supported; write a plain value")

    def _value(self, node: yaml.ScalarNode, value: Callable[[str], object]) -> object:
        try:
            return value(node.value)
        except ValueError as error:  # thousands of digits
            raise self._error(node, f"{node.value:.20}...: {error}") from error

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise self._error(key_node, "a key must be text")
            if key in content:
                raise self._error(key_node, f"the key {key!r} is there twice")
            self._lines[(*place, key)] = key_node.start_mark.line + 1
            content[key] = self.plain(value_node, (*place, key))
        return content

    def _error(self, node: yaml.Node, problem: str) -> WorkflowError:
        return WorkflowError(f"{self._path}: line {node.start_mark.line + 1}: {problem}")


def _problem(error: yaml.YAMLError) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is None:
        return f"is not YAML or JSON: {error}".replace("\n", " ")
    way_out = "; indent with spaces, not tabs" if "'\\t'" in str(problem) else ""
    problem = f"{problem or 'is not YAML or JSON'}{way_out}"
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}"
