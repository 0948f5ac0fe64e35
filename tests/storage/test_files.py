"""Atomic files: whatever fails, a final name holds the old content or all of the new one."""

import errno
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from params_optimizer.errors import MissingDataError, StorageError
from params_optimizer.storage import files

OLD, NEW = b"old content", b"new content, longer than the old one"
CHECKOUT = Path(__file__).parents[2]
posix_only = pytest.mark.skipif(os.name == "nt", reason="a limit of POSIX systems")


def temporaries(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(f"*{files.TEMPORARY_SUFFIX}")]


def _write_new(folder: Path) -> None:
    files.write_bytes(folder / "target", NEW)


def _write_over(folder: Path) -> None:
    (folder / "target").write_bytes(OLD)
    files.write_bytes(folder / "target", NEW)


def _write_pieces(folder: Path) -> None:
    (folder / "target").write_bytes(OLD)
    with files.atomic_file(folder / "target") as file:
        for at in range(0, len(NEW), 10):
            file.write(NEW[at : at + 10])


def _copy_over(folder: Path) -> None:
    (folder / "target").write_bytes(OLD)
    (folder / "source").write_bytes(NEW)
    files.copy(folder / "source", folder / "target")


def _link_new(folder: Path) -> None:
    (folder / "source").write_bytes(NEW)
    files.link_or_copy(folder / "source", folder / "target")


def _link_over(folder: Path) -> None:
    (folder / "target").write_bytes(OLD)
    (folder / "source").write_bytes(NEW)
    files.link_or_copy(folder / "source", folder / "target")


ACTIONS: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "write a new file": (_write_new, ["open", "write", "flush", "rename", "flush"]),
    "write over a file": (_write_over, ["open", "write", "flush", "rename", "flush"]),
    "write in pieces": (_write_pieces, ["open", *["write"] * 4, "flush", "rename", "flush"]),
    "copy over a file": (_copy_over, ["open", "write", "flush", "rename", "flush"]),
    "link a new name": (_link_new, ["link", "rename", "flush"]),
    "link over a file": (_link_over, ["link", "rename", "flush"]),
}
FAULTS = [
    pytest.param(action, position, id=f"{name}, {position} {operation}")
    for name, (action, operations) in ACTIONS.items()
    for position, operation in enumerate(operations)
    if not (os.name == "nt" and (operation, position) == ("flush", len(operations) - 1))
]


class FaultAt:
    """Stands for `files.before`: notes what is announced and raises at one position."""

    def __init__(self, position: int | None = None, error: BaseException | None = None) -> None:
        self.position = position
        self.error = error
        self.announced: list[str] = []

    def __call__(self, operation: str, path: Path) -> None:
        self.announced.append(operation)
        if self.error is not None and len(self.announced) - 1 == self.position:
            raise self.error


def holds_old_or_new(folder: Path) -> bool:
    target = folder / "target"
    return not target.exists() or target.read_bytes() in {OLD, NEW}


@posix_only
@pytest.mark.parametrize("name", ACTIONS)
def test_every_change_of_the_disk_is_announced(tmp_path, monkeypatch, name):
    action, operations = ACTIONS[name]
    watch = FaultAt()
    monkeypatch.setattr(files, "before", watch)
    action(tmp_path)
    assert watch.announced == operations
    assert (tmp_path / "target").read_bytes() == NEW
    assert temporaries(tmp_path) == []


@pytest.mark.parametrize(("action", "position"), FAULTS)
def test_a_failing_disk_leaves_old_or_new_and_no_temporary(tmp_path, monkeypatch, action, position):
    full = OSError(errno.ENOSPC, "No space left on device")
    fault = FaultAt(position, full)
    monkeypatch.setattr(files, "before", fault)
    with pytest.raises(StorageError, match=r"target: No space left on device \(free some space"):
        action(tmp_path)
    assert holds_old_or_new(tmp_path)
    if "rename" in fault.announced[position:]:
        assert not (tmp_path / "target").exists() or (tmp_path / "target").read_bytes() == OLD
    assert temporaries(tmp_path) == []


def test_a_full_cache_is_not_called_the_output(own_cache):
    with (
        pytest.raises(StorageError, match=rf"of {own_cache}, or set PARAMS_OPTIMIZER_CACHE"),
        files.explained(own_cache / "bars.bin"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(("action", "position"), FAULTS)
def test_ctrl_c_leaves_old_or_new_and_no_temporary(tmp_path, monkeypatch, action, position):
    monkeypatch.setattr(files, "before", FaultAt(position, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        action(tmp_path)
    assert holds_old_or_new(tmp_path)
    assert temporaries(tmp_path) == []


KILLED = """
import os, sys
from pathlib import Path
from params_optimizer.storage import files
target, last = Path(sys.argv[1]), int(sys.argv[2])
announced = []
def kill(operation, path):
    announced.append(operation)
    if len(announced) == last:
        os._exit(9)
files.before = kill
files.write_bytes(target, b"new content, longer than the old one")
"""


@posix_only
@pytest.mark.parametrize(("last", "content"), [(1, OLD), (3, OLD), (4, OLD), (5, NEW)])
def test_a_killed_process_leaves_old_or_new(tmp_path, last, content):
    target = tmp_path / "target"
    target.write_bytes(OLD)
    done = subprocess.run([sys.executable, "-c", KILLED, target, str(last)], cwd=CHECKOUT)
    assert done.returncode == 9
    assert target.read_bytes() == content
    left = [path for path in tmp_path.iterdir() if path != target]
    assert all(path.name.startswith(".target.") for path in left), "hidden, and named for its file"
    assert [path.name for path in left] == temporaries(tmp_path)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from params_optimizer.storage import files
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with files.atomic_file(Path(sys.argv[1])) as file:
        for _ in range(20):
            file.write(bytes(10_007))
except files.StorageError as error:
    print(error)
"""


@posix_only
def test_a_full_disk_is_told_and_the_old_file_kept(tmp_path):
    target = tmp_path / "target"
    target.write_bytes(OLD)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, target], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert done.stdout.startswith(f"cannot write {target}: File too large (free some space")
    assert target.read_bytes() == OLD
    assert temporaries(tmp_path) == []


@pytest.mark.parametrize("error", [MissingDataError("no bars"), ValueError("x"), SystemExit(1)])
def test_an_error_inside_the_block_passes_and_changes_nothing(tmp_path, error):
    target = tmp_path / "target"
    target.write_bytes(OLD)

    def write() -> None:
        with files.atomic_file(target) as file:
            file.write(NEW)
            raise error

    with pytest.raises(type(error)) as caught:
        write()
    assert caught.value is error
    assert target.read_bytes() == OLD
    assert temporaries(tmp_path) == []


def test_nothing_shows_under_the_name_before_the_block_ends(tmp_path):
    target = tmp_path / "target"
    with files.atomic_file(target) as file:
        file.write(NEW)
        assert not target.exists()
    assert target.read_bytes() == NEW


def test_text_is_utf_8_with_the_line_ends_it_has(tmp_path):
    files.write_text(tmp_path / "a.txt", "größer\r\n€\n")
    assert (tmp_path / "a.txt").read_bytes() == "größer\r\n€\n".encode()


def test_libraries_can_write_into_the_block(tmp_path):
    table = pa.table({"a": [1, 2, 3]})
    with files.atomic_file(tmp_path / "a.parquet") as file:
        pq.write_table(table, file)
    assert pq.read_table(tmp_path / "a.parquet") == table
    with files.atomic_file(tmp_path / "a.pkl") as file:
        pickle.dump({"a": 1}, file)
    assert pickle.loads((tmp_path / "a.pkl").read_bytes()) == {"a": 1}
    numbers = np.arange(6.0).reshape(2, 3)
    with files.atomic_file(tmp_path / "a.bin") as file:
        assert file.write(numbers) == numbers.nbytes
        assert file.write(b"") == 0
    assert (tmp_path / "a.bin").read_bytes() == numbers.tobytes()


LONG_NAMES = ["x" * 251 + ".csv", "é" * 125, "指" * 80, "😀" * 60, 'a b\'s "c" [d] %20 ~']


@posix_only
@pytest.mark.parametrize("name", LONG_NAMES)
def test_every_name_the_system_takes_can_be_written_and_linked(tmp_path, name):
    files.write_bytes(tmp_path / name, NEW)
    (tmp_path / "other").mkdir()
    files.link_or_copy(tmp_path / name, tmp_path / "other" / name)
    assert (tmp_path / "other" / name).read_bytes() == NEW
    assert temporaries(tmp_path) == []


def test_writers_of_one_name_do_not_mix(tmp_path):
    target = tmp_path / "target"
    contents = [bytes([letter]) * 50_000 for letter in b"abc"]

    def write(content: bytes) -> None:
        for _ in range(20):
            files.write_bytes(target, content)

    writers = [Thread(target=write, args=[content]) for content in contents]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        if target.exists():
            seen.add(target.read_bytes())
    for writer in writers:
        writer.join()
    assert seen <= set(contents)
    assert target.read_bytes() in contents
    assert temporaries(tmp_path) == []


def test_a_link_is_the_same_file(tmp_path):
    _link_over(tmp_path)
    assert (tmp_path / "target").samefile(tmp_path / "source")


def test_linking_what_is_linked_already_leaves_no_third_name(tmp_path):
    _link_new(tmp_path)
    files.link_or_copy(tmp_path / "source", tmp_path / "target")
    assert (tmp_path / "target").samefile(tmp_path / "source")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source", "target"]


def test_a_file_system_without_links_gets_a_copy(tmp_path, monkeypatch):
    def no_links(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    _link_over(tmp_path)
    assert (tmp_path / "target").read_bytes() == NEW
    assert not (tmp_path / "target").samefile(tmp_path / "source")
    assert temporaries(tmp_path) == []


def test_a_big_file_is_copied_whole(tmp_path):
    content = os.urandom(2_500_001)
    (tmp_path / "source").write_bytes(content)
    files.copy(tmp_path / "source", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == content


def _in_missing_folder(folder: Path) -> None:
    files.write_bytes(folder / "none" / "target", NEW)


def _over_a_folder(folder: Path) -> None:
    (folder / "target").mkdir()
    files.write_bytes(folder / "target", NEW)


def _link_over_a_folder(folder: Path) -> None:
    (folder / "target").mkdir()
    _link_new(folder)


def _below_a_file(folder: Path) -> None:
    (folder / "file").touch()
    files.write_bytes(folder / "file" / "target", NEW)


def _copy_nothing(folder: Path) -> None:
    files.copy(folder / "none", folder / "target")


def _link_nothing(folder: Path) -> None:
    files.link_or_copy(folder / "none", folder / "target")


def _folder_over_a_file(folder: Path) -> None:
    (folder / "file").touch()
    files.make_folder(folder / "file")


def _folder_below_a_file(folder: Path) -> None:
    (folder / "file").touch()
    files.make_folder(folder / "file" / "a" / "b")


def _remove_a_folder_as_file(folder: Path) -> None:
    (folder / "target").mkdir()
    files.remove(folder / "target")


def _remove_a_full_folder(folder: Path) -> None:
    files.make_folder(folder / "target" / "a")
    files.remove_folder(folder / "target")


MISTAKES = [
    (_in_missing_folder, "cannot write {}/none/target: .*its folder is missing; make it"),
    (_over_a_folder, "cannot write {}/target: .*a folder of this name is in the way"),
    (_link_over_a_folder, "cannot write {}/target: .*a folder of this name is in the way"),
    (_below_a_file, "cannot write {}/file/target: .*a part of this path is a file"),
    (_copy_nothing, "cannot read {}/none: No such file"),
    (_link_nothing, "cannot read {}/none: No such file"),
    (_folder_over_a_file, "cannot make the folder {}/file: .*a file of this name is in the way"),
    (_folder_below_a_file, "cannot make the folder {}/file: .*a file of this name is in the way"),
    (_remove_a_folder_as_file, "cannot delete {}/target: "),
    (_remove_a_full_folder, "cannot delete {}/target: Directory not empty"),
]


@posix_only
@pytest.mark.parametrize(
    ("mistake", "said"), MISTAKES, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_mistake_is_told_with_the_path_and_the_way_out(tmp_path, mistake, said):
    with pytest.raises(StorageError, match=said.format(tmp_path)):
        mistake(tmp_path)
    assert temporaries(tmp_path) == []


def test_folders_are_made_with_their_parents_and_may_exist(tmp_path):
    files.make_folder(tmp_path / "a" / "b" / "c")
    files.make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_what_is_gone_already_can_be_removed(tmp_path):
    files.remove(tmp_path / "none")
    files.remove_folder(tmp_path / "none")
    files.write_bytes(tmp_path / "file", NEW)
    files.make_folder(tmp_path / "folder")
    files.remove(tmp_path / "file")
    files.remove_folder(tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


@posix_only
def test_only_a_folder_that_cannot_be_synced_at_all_is_forgiven(tmp_path, monkeypatch):
    def fails_with(code: int) -> None:
        def fsync(descriptor: int) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "fsync", fsync)

    fails_with(errno.EINVAL)
    files.sync_folder(tmp_path)
    fails_with(errno.EIO)
    with pytest.raises(OSError, match="Input/output error"):
        files.sync_folder(tmp_path)


def held(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if on Windows another program held the target open for the first `times` renames."""
    real, refusals = Path.replace, iter(range(times))

    def rename(source: Path, target: Path) -> Path:
        if next(refusals, None) is not None:
            raise PermissionError(errno.EACCES, "Access is denied")
        return real(source, target)

    monkeypatch.setattr(files, "_WINDOWS", True)
    monkeypatch.setattr(files, "_WINDOWS_PAUSE", 0)
    monkeypatch.setattr(Path, "replace", rename)


def test_a_target_held_open_for_a_moment_is_waited_for(tmp_path, monkeypatch):
    held(5, monkeypatch)
    _write_over(tmp_path)
    assert (tmp_path / "target").read_bytes() == NEW


def test_a_target_held_open_for_long_is_named(tmp_path, monkeypatch):
    held(1000, monkeypatch)
    with pytest.raises(StorageError, match=r"target: Access is denied \(close it in the program"):
        _write_over(tmp_path)
    assert (tmp_path / "target").read_bytes() == OLD
    assert temporaries(tmp_path) == []
