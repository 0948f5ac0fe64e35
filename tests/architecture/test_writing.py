"""Only the room `storage` writes: every other file hands its bytes to it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "params_optimizer"
FILES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.relative_to(PACKAGE).parts[0] != "storage"
]

ALLOWED = {
    # Before anything else can be imported; the cache is no result and is made again.
    "environment.py": {"folder.mkdir", "TemporaryFile", "mkdtemp", "rmtree"},
    # The null device in place of an output that nobody reads any more.
    "console.py": {"os.open"},
}

CHANGES_THE_DISK = {
    *("write_text", "write_bytes", "tofile", "savetxt", "savez", "savez_compressed", "truncate"),
    *("mkdir", "makedirs", "rmdir", "removedirs", "rmtree", "unlink", "touch", "chmod"),
    *("rename", "renames", "link", "symlink", "symlink_to", "hardlink_to"),
    *("copyfile", "copytree", "copy2", "open_memmap", "FileHandler", "RotatingFileHandler"),
    *("to_pickle", "to_feather", "to_hdf", "to_sql", "to_orc", "to_stata"),
    *("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryFile", "TemporaryDirectory"),
    *("FileLock", "SoftFileLock"),
}
"""Names of functions and methods that change the disk whatever their arguments."""

OF_MODULES = {
    "os": {"open", "write", "replace", "remove", "fdopen", "mkfifo", "utime"},
    "shutil": {"copy", "move", "make_archive", "unpack_archive"},
    "sqlite3": {"connect"},
    "pyarrow.csv": {"write_csv"},
}
"""Further ones, by the module that they are called on."""

INTO_TARGET = {
    **dict.fromkeys(("to_csv", "to_parquet", "to_excel", "to_json", "to_html", "to_markdown"), 0),
    **dict.fromkeys(("write_html", "write_image", "write_json", "save"), 0),
    **dict.fromkeys(("ParquetWriter", "ExcelWriter", "Workbook"), 0),
    **dict.fromkeys(("write_table", "write_feather", "dump"), 1),
}
"""Position of the argument that they write into: fine where that is a stream, or left out."""

OPENERS = {"open", "memmap", "ZipFile", "GzipFile", "FileIO"}
STREAMS = {"atomic_file", "BytesIO", "StringIO", "BufferOutputStream", "PythonFile"}
STREAM_TYPES = ("BinaryIO", "TextIO", "IO[", "BytesIO", "StringIO", "RawIOBase")
WRITING_MODE = re.compile(r"(?=.*[wax+])[rwaxbt+]{1,3}")


def writing(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of every call that changes the disk without the room `storage`."""
    imported = dict(_imports(tree))
    streams = set(_streams(tree))
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            name = _dotted(call.func, imported)
            # Our own functions are looked at where they stand.
            if not name.startswith("params_optimizer.") and _writes(call, name, streams):
                yield call.lineno, ast.unparse(call.func)


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Local name -> full name of everything imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((one.asname or one.name, one.name) for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((one.asname or one.name, f"{node.module}.{one.name}") for one in node.names)


def _dotted(node: ast.expr, imported: dict[str, str]) -> str:
    """`files.write_bytes` as `params_optimizer.storage.files.write_bytes`."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, imported)}.{node.attr}"
    return imported.get(node.id, node.id) if isinstance(node, ast.Name) else "?"


def _streams(tree: ast.Module) -> Iterator[str]:
    """Names that are bound to a stream: memory, or an atomic file of the storage."""
    for node in ast.walk(tree):
        if isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            yield from _if_stream(node.optional_vars.id, node.context_expr)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield from _if_stream(node.targets[0].id, node.value)
        elif isinstance(node, ast.arg) and node.annotation is not None:
            yield from [node.arg for kind in STREAM_TYPES if kind in ast.unparse(node.annotation)]


def _if_stream(name: str, value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Call) and ast.unparse(value.func).split(".")[-1] in STREAMS:
        yield name


def _writes(call: ast.Call, name: str, streams: set[str]) -> bool:
    *owner, last = name.split(".")
    if last in CHANGES_THE_DISK or last in OF_MODULES.get(".".join(owner), ()):
        return bool(call.args or last != "rename")  # DataFrame.rename takes keywords only
    if last in INTO_TARGET and owner:
        target = _target(call, INTO_TARGET[last])
        return target is not None and not _is_stream(target, streams)
    if last in OPENERS:
        given = call.args if owner else call.args[1:]  # the built-in open: first a name
        return _mode_writes(call, given) and not (given and _is_stream(call.args[0], streams))
    # Path.replace takes one argument, str.replace two, datetime.replace keywords.
    return last == "replace" and bool(owner) and len(call.args) == 1 and not call.keywords


def _target(call: ast.Call, position: int) -> ast.expr | None:
    names = {"path_or_buf", "path", "buf", "where", "file", "fp", "excel_writer", "filename"}
    named = [one.value for one in call.keywords if one.arg in names]
    return [*call.args[position : position + 1], *named, None][0]


def _is_stream(node: ast.expr, streams: set[str]) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None
    text = ast.unparse(node)
    return text in streams or text in {"sys.stdout", "sys.stderr"} or bool([*_if_stream("", node)])


def _mode_writes(call: ast.Call, arguments: list[ast.expr]) -> bool:
    given = [*arguments, *(one.value for one in call.keywords if one.arg == "mode")]
    return any(
        isinstance(one, ast.Constant) and WRITING_MODE.fullmatch(str(one.value)) for one in given
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_file_outside_the_storage_writes_nothing_itself(path):
    allowed = ALLOWED.get(path.relative_to(PACKAGE).as_posix(), set())
    found = writing(ast.parse(path.read_bytes()))
    assert [f"line {line}: {name}" for line, name in found if name not in allowed] == []


def test_no_exception_outlives_its_reason():
    for name, allowed in ALLOWED.items():
        found = {call for _, call in writing(ast.parse((PACKAGE / name).read_bytes()))}
        assert found == allowed


CAUGHT = """
open("x", "w")
open("x", mode="ab")
path.open("xb")
path.open("r+")
gzip.open(path, "wb")
path.write_text("x")
(folder / "x").write_bytes(b"x")
path.mkdir(parents=True)
path.unlink()
path.rename(other)
temporary.replace(path)
os.replace(a, b)
os.makedirs(a)
from os import remove; remove(a)
from shutil import rmtree; rmtree(a)
import shutil as s; s.copy(a, b)
tempfile.mkdtemp()
frame.to_csv(path)
frame.to_csv(path_or_buf="x.csv")
frame.to_parquet(folder / "x.parquet")
frame.to_pickle(path)
pq.write_table(table, path)
pq.ParquetWriter(path, schema)
json.dump(content, path.open())
pickle.dump(content, file)
numpy.save(path, array)
array.tofile(path)
np.memmap(path, mode="w+")
workbook.save(path)
figure.write_html(path)
logging.FileHandler(path)
zipfile.ZipFile(path, "w")
FileLock(path)
"""

HARMLESS = """
open("x")
open("x", "rb")
path.open(encoding="utf-8")
frame.rename(columns={"a": "b"})
text.replace("a", "b")
moment.replace(tzinfo=UTC)
frame.to_csv()
frame.to_csv(None, index=False)
frame.to_csv(sys.stdout)
json.dumps(content)
progress.save()
from params_optimizer.storage import files; files.write_bytes(path, b"x"); files.replace(a, b)
from params_optimizer.storage import pickles; pickles.dump(path, 1)
from params_optimizer.storage.files import remove, make_folder; remove(a); make_folder(b)
with files.atomic_file(path) as file: frame.to_csv(file)
with files.atomic_file(path) as file: pq.write_table(table, file, compression="snappy")
with files.atomic_file(path) as file: zipfile.ZipFile(file, "w")
memory = io.BytesIO(); workbook.save(memory)
workbook.save(io.BytesIO())
def write(file: BinaryIO) -> None: pickle.dump(1, file)
openpyxl.Workbook(write_only=True)
write_json(path)
"""


@pytest.mark.parametrize("code", CAUGHT.strip().splitlines())
def test_writing_is_seen(code):
    assert len([*writing(ast.parse(code))]) >= 1


@pytest.mark.parametrize("code", HARMLESS.strip().splitlines())
def test_reading_and_the_storage_are_left_alone(code):
    assert [*writing(ast.parse(code))] == []
