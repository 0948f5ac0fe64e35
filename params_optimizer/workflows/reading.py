"""YAML or JSON in, plain content and the line of every key out."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from params_optimizer.errors import WorkflowError
from params_optimizer.storage import files

if TYPE_CHECKING:
    import yaml

Place = tuple[str | int, ...]
"""Keys and list positions that lead to a value."""

_MAX_BYTES = 1 << 20
_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")
)
_MAX_DEPTH = 50


class WorkflowDocument(NamedTuple):
    """The content of a file; `lines` holds the line of each key or item, from 1."""

    path: Path
    content: Any
    lines: dict[Place, int]

    def at(self, place: Place) -> str:
        """`file: line N: key` of a value, or of the nearest thing above it that has a line."""
        for length in range(len(place), -1, -1):
            if place[:length] in self.lines:
                line = self.lines[place[:length]]
                return f"{self.path}: line {line}: {'.'.join(map(str, place)) or 'the file'}"
        return f"{self.path}: {'.'.join(map(str, place))}"


def read_document(path: Path) -> WorkflowDocument:
    """Read a YAML or JSON file; plain values only, no key twice, no aliases.

    Raises:
        WorkflowError: missing, unreadable, or not such a file; the line is named.
    """
    import yaml

    if not path.exists():
        raise WorkflowError(f"{path}: there is no such file")
    with files.explained(path, "read"):
        if path.stat().st_size > _MAX_BYTES:
            raise WorkflowError(f"{path}: is larger than 1 MB; that is not a workflow")
        raw = path.read_bytes()
    try:
        node = yaml.compose(raw.decode("utf-8-sig"), Loader=yaml.SafeLoader)
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

    def plain(self, node: "yaml.Node", place: Place) -> Any:  # noqa: ANN401  any plain value
        """The value of a node that lies at `place`."""
        import yaml

        # The same node twice is an alias; nested ones grow without limit.
        if id(node) in self._seen:
            raise self._error(node, "aliases (*name) are not supported; write the value out")
        if node.tag not in _TAGS:
            raise self._error(node, f"the tag {node.tag!r} is not supported; write a plain value")
        if len(place) > _MAX_DEPTH:
            raise self._error(node, "is nested too deeply")
        self._seen.add(id(node))
        self._lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, (*place, at)) for at, item in enumerate(node.value)]
        value = yaml.SafeLoader("").construct_object(node)
        if isinstance(value, date):
            return node.value  # as it was written
        if value is None or isinstance(value, (str, int, float, bool)):
            return value
        raise self._error(node, f"{node.value!r} is not a text, number, true or false")

    def _mapping(self, node: "yaml.MappingNode", place: Place) -> dict[str, Any]:
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

    def _error(self, node: "yaml.Node", problem: str) -> WorkflowError:
        return WorkflowError(f"{self._path}: line {node.start_mark.line + 1}: {problem}")


def _problem(error: "yaml.YAMLError") -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is None:
        return f"is not YAML or JSON: {error}".replace("\n", " ")
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem or 'is not YAML or JSON'}"
