"""Pickles of plain data: nothing foreign runs, nothing damaged passes."""

import builtins
import os
import pickle
import re
import struct
from collections import OrderedDict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from params_optimizer.errors import DamagedFileError, MissingDataError, StorageError
from params_optimizer.storage import pickles

PLAIN = {
    "text": ["", "ä", "x" * 300],
    ("a", 1, 2.5): {date(2024, 2, 29): None, datetime(2024, 1, 1, tzinfo=UTC): time(8, 30)},
    "numbers": (True, False, -1, 2**70, 0.1, float("inf"), timedelta(minutes=2), b"raw"),
    "nothing": ((), [], {}),
}


class Payload:
    """Pickles as a call of `function` with `arguments`."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


class Slotted:
    __slots__ = ("value",)


def test_plain_content_comes_back_equal(tmp_path: Path) -> None:
    pickles.dump(tmp_path / "a.pkl", PLAIN)
    assert pickles.load(tmp_path / "a.pkl") == PLAIN


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_plain_pickles_of_other_programs_are_read(tmp_path: Path, protocol: int) -> None:
    content = {"a": [1, 2.5, "x"], ("k", "l"): {"b": None, "c": (True,)}}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(content, protocol=protocol))
    assert pickles.load(tmp_path / "a.pkl") == content


def test_equal_content_is_equal_bytes(tmp_path: Path) -> None:
    shared, twin = "Europe/Berlin", f"Europe/{'Berlin'}"
    assert shared is not twin
    day = date(2024, 1, 2)
    pickles.dump(tmp_path / "a.pkl", [shared, shared, [day, day], ("x",)])
    pickles.dump(tmp_path / "b.pkl", [shared, twin, [day, date(2024, 1, 2)], ("x",)])
    assert (tmp_path / "a.pkl").read_bytes() == (tmp_path / "b.pkl").read_bytes()


@pytest.mark.parametrize(
    "content",
    [np.float64(1.5), {"a": np.arange(3)}, {1, 2}, OrderedDict(a=1), Decimal(1), Path(), len],
    ids=lambda value: type(value).__name__,
)
def test_dump_refuses_what_load_would_refuse(tmp_path: Path, content: object) -> None:
    (tmp_path / "a.pkl").write_bytes(b"before")
    with pytest.raises(TypeError, match="no plain data"):
        pickles.dump(tmp_path / "a.pkl", [content])
    assert (tmp_path / "a.pkl").read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir()] == ["a.pkl"]


def test_dump_into_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"nowhere.*make it"):
        pickles.dump(tmp_path / "nowhere" / "a.pkl", 1)


HARMFUL = {
    "system": (
        f"{os.system.__module__}.system",
        lambda proof: Payload(os.system, f"echo > {proof}"),
    ),
    "eval": ("builtins.eval", lambda proof: Payload(eval, f"open({str(proof)!r}, 'w')")),
    "open": (
        f"{builtins.open.__module__}.open",
        lambda proof: Payload(builtins.open, str(proof), "w"),
    ),
    "nested": (
        f"{builtins.open.__module__}.open",
        lambda proof: {"a": [Payload(date, Payload(builtins.open, str(proof), "w"))]},
    ),
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", HARMFUL)
def test_a_foreign_call_is_named_and_never_made(tmp_path: Path, kind: str, protocol: int) -> None:
    name, make = HARMFUL[kind]
    proof, path = tmp_path / "proof", tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(make(proof), protocol=protocol))
    with pytest.raises(DamagedFileError, match="is no pickle of plain data") as caught:
        pickles.load(path)
    shown = str(caught.value).replace("__builtin__", "builtins")  # Python 2 names, protocol < 3
    assert name in shown
    assert str(path) in shown
    assert not proof.exists()


def test_the_payloads_above_do_harm_elsewhere(tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    pickle.loads(pickle.dumps(HARMFUL["system"][1](proof)))
    assert proof.exists()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (np.arange(3), "numpy"),
        (Slotted(), "Slotted"),
        (OrderedDict(a=1), "collections.OrderedDict"),
        (Decimal("1.5"), "decimal.Decimal"),
        (date, None),
    ],
    ids=["array", "object", "OrderedDict", "Decimal", "class"],
)
def test_objects_of_other_classes_are_named(
    tmp_path: Path, content: object, name: str | None, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "a.pkl"
    try:
        path.write_bytes(pickle.dumps(content))
    except pickle.PicklingError:  # a test module imported by path cannot be pickled by name
        path.write_bytes(b"\x80\x04\x8c\x05tests\x8c\x07Slotted\x93)\x81.")
    if name is None:
        assert pickles.load(path) is date
        return
    with pytest.raises(DamagedFileError, match=name):
        pickles.load(path)


def _doubling(depth: int) -> bytes:
    """A tuple of a tuple of..., each twice, as the key of a dict: 2**depth hashes."""
    value: tuple[object, ...] = ("x",)
    for _ in range(depth):
        value = (value, value)
    nested = pickle.dumps(value, protocol=4)
    return nested[:2] + b"}" + nested[11:-1] + b"Ns."


FAR = struct.pack("<Q", 2**60)

REFUSED = {
    "far memo place": (b"\x80\x04Nr\xff\xff\xff\xff.", "its memo jumps"),
    "doubling tuples": (_doubling(60), "a container in two places"),
    "duplicated container": (b"\x80\x04]2a.", "a container in two places"),
    "list in itself": (b"\x80\x04]\x94h\x00a.", "a container in two places"),
    "long text": (b"\x80\x04\x8d" + FAR + b"x.", ""),
    "long bytes": (b"\x80\x04\x8e" + FAR + b"x.", ""),
    "long frame": (b"\x80\x04\x95" + FAR + b"N.", ""),
    "unmatched mark": (b"\x80\x04" + b"(" * 1000 + b".", ""),
    "a date of another module": (b"\x80\x04cevil\ndate\n.", "evil.date"),
    "persistent object": (b"Pname\n.", ""),
    "extension": (b"\x80\x02\x82\x01.", ""),
    "state of a date": (b"\x80\x04cdatetime\ndate\n}X\x01\x00\x00\x00aNsb.", ""),
    "call without arguments": (b"\x80\x04cdatetime\ndate\n)R.", ""),
    "impossible date": (b"\x80\x04cdatetime\ndate\n(K\x00K\x00K\x00tR.", ""),
    "unhashable key": (b"\x80\x04}]Ns.", "unhashable"),
    "newer protocol": (b"\x80\x63N.", ""),
    "empty": (b"", ""),
    "text": (b"IBH,IBL\n1,2\n", ""),
    "zip": (b"PK\x03\x04" + bytes(30), ""),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_bombs_and_nonsense_are_refused(tmp_path: Path, kind: str) -> None:
    content, reason = REFUSED[kind]
    (tmp_path / "a.pkl").write_bytes(content)
    with pytest.raises(DamagedFileError, match=re.escape(str(tmp_path / "a.pkl"))) as caught:
        pickles.load(tmp_path / "a.pkl")
    assert reason in str(caught.value)


def test_deep_nesting_is_read_or_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04" + b"]" * 50_000 + b"a" * 49_999 + b".")
    assert isinstance(pickles.load(tmp_path / "a.pkl"), list)


def test_every_truncation_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    pickles.dump(path, PLAIN)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DamagedFileError):
            pickles.load(path)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damage_is_an_error_or_plain_data(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.pkl"
    content = bytearray(pickle.dumps(PLAIN, protocol=5))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        pickles.load(path)
    except DamagedFileError as error:
        assert str(path) in str(error)  # noqa: PT017


def test_a_missing_file_and_a_folder_have_their_own_errors(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="no such file"):
        pickles.load(tmp_path / "a.pkl")
    with pytest.raises(StorageError, match="cannot be read"):
        pickles.load(tmp_path)
