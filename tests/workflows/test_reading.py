"""Files are read with the line of every key, and nothing but plain values comes out."""

from pathlib import Path

import numpy as np
import pytest

from params_optimizer.errors import OptimizerError, WorkflowError
from params_optimizer.workflows.reading import read_document


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "flow.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_every_key_has_its_line(tmp_path):
    path = written(tmp_path, "a:\n  b: [1, 2]\n  c:\n    - d: x\n      e: 2018-01-02\n")
    document = read_document(path)
    assert document.content == {"a": {"b": [1, 2], "c": [{"d": "x", "e": "2018-01-02"}]}}
    assert document.at(("a", "c", 0, "e")) == f"{path}: line 5: a.c.0.e"
    assert document.at(("a", "b", 1)) == f"{path}: line 2: a.b.1"
    assert document.at(("a", "missing")) == f"{path}: line 1: a.missing"


def test_json_is_read_as_well(tmp_path):
    path = written(tmp_path, '{"a": {"b": [true, null, 1.5]}}')
    assert read_document(path).content == {"a": {"b": [True, None, 1.5]}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(text, text) for text in ("yes", "No", "on", "off", "y", "1_000", "1:00", "2%", "0b11")],
        *[(text, text) for text in ("2018-01-02", "0o8", "1e", ".", "+", "0x")],
        *[("'010'", "010"), ('"true"', "true"), ("!!str 010", "010"), ("!!int '7'", 7)],
        *[("010", 10), ("-3", -3), ("+3", 3), ("0o10", 8), ("0x1F", 31)],
        *[("2e-2", 0.02), ("1E3", 1000.0), (".5", 0.5), ("5.", 5.0), ("-.inf", -np.inf)],
        *[("true", True), ("FALSE", False), ("~", None), ("", None), ("Null", None)],
    ],
)
def test_plain_values_are_those_of_yaml_1_2(tmp_path, text, value):
    read = read_document(written(tmp_path, f"a: {text}\n")).content["a"]
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a:\n\tb: 1\n", "line 2, column 1: found character .*; indent with spaces"),
        (f"a: {'9' * 5000}\n", "line 1: 9999"),
        ("a: !!int x\n", "the tag .* is not supported"),
        ("a: 1\na: 2\n", "line 2: the key 'a' is there twice"),
        ("a: [1\n", "line 2, column 1"),
        ("a: &x [1]\nb: [*x, *x]\n", "aliases"),
        ("a: &x [*x]\n", "aliases"),
        ("? [1, 2]\n: 3\n", "a key must be text"),
        ("a: !run ['true']\n", "the tag '!run' is not supported"),
        ("a: !!python/object/apply:os.system ['true']\n", "is not supported"),
        ("a: !!binary aGVsbG8=\n", "is not supported"),
        ("- 1\n", "must hold keys and values"),
        ("", "must hold keys and values"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        ("a: " + "[" * 80 + "]" * 80, "nested too deeply"),
        ("a: 1\n--- \nb: 2\n", "line 2"),
        ("x" * (1 << 20) + "y", "larger than 1 MB"),
    ],
)
def test_everything_else_is_refused_with_its_line(tmp_path, text, told):
    with pytest.raises(WorkflowError, match=told.replace("(", r"\(")):
        read_document(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(OptimizerError, match="there is no such file"):
        read_document(tmp_path / "none.yaml")
