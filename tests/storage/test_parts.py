"""Result parts: what does not prove itself is set aside with a line, never lost, never used."""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest

from params_optimizer.errors import DamagedFileError, StorageError
from params_optimizer.storage import files
from params_optimizer.storage.parquet import table_bytes
from params_optimizer.storage.parts import (
    find_parts,
    intact_parts,
    part_metadata,
    present_parts,
    remove_parts,
    set_aside,
    write_part,
)

KEY, STAGE = "fingerprint", "rows"


class Place(NamedTuple):
    number: int
    first: int
    rows: int


PLACES = [Place(number, 2 * number, 2) for number in range(5)]


def content_of(place: Place, fingerprint: str = KEY, stage: str = STAGE, value: int = 0) -> bytes:
    table = pa.table({"number": [place.first, value]})
    return table_bytes(table, part_metadata(place, fingerprint, stage), [], [])


def named(number: str, content: bytes) -> str:
    return f"{number}-{sha256(content).hexdigest()}.parquet"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Parts 0, 1 and 2 of five."""
    parts = tmp_path / "parts"
    parts.mkdir()
    for place in PLACES[:3]:
        write_part(parts, place.number, content_of(place))
    return parts


def test_parts_prove_themselves(folder):
    found = find_parts(folder, PLACES, KEY, STAGE)
    assert list(found.good) == [0, 1, 2]
    assert found.bad == {}
    assert list(present_parts(folder)) == [0, 1, 2]
    assert intact_parts(folder) == [found.good[number] for number in range(3)]


def put(name: str, content: bytes) -> Callable[[Path], Path]:
    def into(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return into


def put_as(number: str, content: bytes) -> Callable[[Path], Path]:
    return put(named(number, content), content)


def change(how: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    def part_1(folder: Path) -> Path:
        (path,) = folder.glob("000001-*")
        path.write_bytes(how(path.read_bytes()))
        return path

    return part_1


def link(folder: Path) -> Path:
    content = content_of(PLACES[3])
    (folder.parent / "elsewhere").write_bytes(content)
    path = folder / named("000003", content)
    path.symlink_to(folder.parent / "elsewhere")
    return path


def dead_link(folder: Path) -> Path:
    path = folder / named("000003", b"x")
    path.symlink_to(folder / "nowhere")
    return path


def directory(folder: Path) -> Path:
    path = folder / named("000003", content_of(PLACES[3]))
    (path / "deep").mkdir(parents=True)
    return path


def pipe(folder: Path) -> Path:
    path = folder / named("000003", b"x")
    os.mkfifo(path)
    return path


OTHER = content_of(PLACES[3], fingerprint="other")
FAR = content_of(Place(7, 14, 2))
MOVED = content_of(Place(3, 7, 2))
FOREIGN: dict[str, tuple[Callable[[Path], Path], str]] = {
    "truncated": (change(lambda content: content[:-20]), "is damaged"),
    "empty": (change(lambda _: b""), "is damaged"),
    "a flipped bit": (change(lambda content: bytes([content[0] ^ 1]) + content[1:]), "is damaged"),
    "something behind": (change(lambda content: content + b"\0"), "is damaged"),
    "another run's": (put_as("000003", OTHER), "belongs to another run"),
    "another stage's": (
        put_as("000003", content_of(PLACES[3], stage="survey")),
        "belongs to another run",
    ),
    "another slice's": (put_as("000003", content_of(PLACES[4])), "belongs to another run"),
    "other borders": (put_as("000003", MOVED), "belongs to another run"),
    "no Parquet file": (put_as("000003", b"PAR1 nonsense PAR1"), "belongs to another run"),
    "a slice beyond the grid": (put_as("000007", FAR), "slice 7, and this grid has 5"),
    "a huge number": (put_as("9" * 100, FAR), "and this grid has 5"),
    "a number too long": (put_as("0000003", content_of(PLACES[3])), "is no result part"),
    "a number too short": (put_as("3", content_of(PLACES[3])), "is no result part"),
    "other digits": (put_as("٠٠٠٠٠٣", content_of(PLACES[3])), "is no result part"),
    "a second part": (put_as("000002", content_of(PLACES[2], value=9)), "second part of slice 2"),
    "not finished": (put(".000003-x.tmp", b"half"), "was not finished"),
    "any file": (put("notes.txt", b"mine"), "is no result part"),
    "a long name": (put("n" * 250, b"mine"), "is no result part"),
    "a link": (link, "is no result part"),
    "a dead link": (dead_link, "is no result part"),
    "a directory": (directory, "is no result part"),
    "a pipe": (pipe, "is no result part"),
}


@pytest.mark.skipif(os.name == "nt", reason="pipes and links of POSIX systems")
@pytest.mark.parametrize(("make", "reason"), FOREIGN.values(), ids=FOREIGN.keys())
def test_what_does_not_prove_itself_is_set_aside_with_a_line(folder, make, reason, caplog):
    path = make(folder)
    content = path.read_bytes() if path.is_file() and not path.is_symlink() else None
    found = find_parts(folder, PLACES, KEY, STAGE)
    (bad,) = found.bad  # of two parts of a slice either one may be the second
    assert reason in found.bad[bad]
    assert set(found.good) | {1} == {0, 1, 2}
    aside = folder.parent / "aside"
    set_aside(found.bad, aside)
    (line,) = caplog.messages
    assert bad.name in line
    assert reason in line
    (moved,) = aside.iterdir()
    assert moved.name == bad.name
    if content is not None and bad == path:
        assert moved.read_bytes() == content
    assert find_parts(folder, PLACES, KEY, STAGE).bad == {}


def test_files_of_the_same_name_do_not_replace_each_other_aside(tmp_path):
    for content in (b"1", b"2", b"3"):
        (tmp_path / "notes").write_bytes(content)
        set_aside({tmp_path / "notes": "is no part"}, tmp_path / "aside")
    assert sorted(path.read_bytes() for path in (tmp_path / "aside").iterdir()) == [
        b"1",
        b"2",
        b"3",
    ]


def test_a_file_that_vanished_meanwhile_is_no_problem(tmp_path, caplog):
    set_aside({tmp_path / "gone": "was not finished"}, tmp_path / "aside")
    assert caplog.messages == []


def test_parts_of_many_slices_come_in_their_order(tmp_path):
    for number in (1_000_000, 999_999, 12, 0):
        write_part(tmp_path, number, b"x")
    assert list(present_parts(tmp_path)) == [0, 12, 999_999, 1_000_000]
    assert [int(path.name.split("-")[0]) for path in intact_parts(tmp_path)] == [
        0,
        12,
        999_999,
        1_000_000,
    ]


def test_a_part_that_was_damaged_later_is_not_joined(folder):
    path = change(lambda content: content[:-1])(folder)
    with pytest.raises(DamagedFileError, match=rf"{path.name}: was damaged .* same command again"):
        intact_parts(folder)


@pytest.mark.parametrize("look", [present_parts, intact_parts])
def test_a_folder_that_is_gone_is_told(tmp_path, look):
    with pytest.raises(StorageError, match=r"cannot read .*gone"):
        look(tmp_path / "gone")


def test_only_what_is_ours_is_deleted_in_the_end(folder, caplog):
    (folder / "notes.txt").write_bytes(b"mine")
    (folder / "deep").mkdir()
    (folder / ".000003-x.tmp").write_bytes(b"half")
    aside = folder.parent / "aside"
    remove_parts(folder, aside)
    assert not folder.exists()
    assert sorted(path.name for path in aside.iterdir()) == ["deep", "notes.txt"]
    assert len(caplog.messages) == 2
    remove_parts(folder, aside)  # gone already: fine


def test_a_late_worker_does_not_keep_the_folder(folder, monkeypatch):
    """A worker that has outlived its master may write a part while the folder is removed."""
    late = [content_of(PLACES[3])]

    def write(operation: str, path: Path) -> None:
        if path == folder and late:
            content = late.pop()
            (folder / named("000003", content)).write_bytes(content)

    monkeypatch.setattr(files, "before", write)
    remove_parts(folder, folder.parent / "aside")
    assert not folder.exists()
    assert late == []
