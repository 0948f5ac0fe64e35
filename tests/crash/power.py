"""A power cut: every process stops at once, and what was not flushed to the disk is gone.

A file system may keep more of it than that; this is the least that it has to keep.
"""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

JOURNAL = """
import json, os, signal
from pathlib import Path
kept, replace = Path({kept!r}), files.replace
kept.mkdir()
journal = os.open(kept / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
sources = {{}}
def noted(source, target):
    sources[target] = source
    replace(source, target)
files.replace = noted
def note(operation, path, place):
    entry = {{"operation": operation, "path": str(path), "place": place}}
    entry["source"] = str(sources.get(path))
    entry["folder"] = path.is_dir()
    if operation in ("rename", "delete") and path.is_file():
        os.link(path, kept / str(place))
    os.write(journal, json.dumps(entry).encode() + b"\\n")
def cut():
    os.killpg(0, signal.SIGKILL)
"""
"""Start of a program that notes every operation, and what stood under a name before it."""

Entry = dict[str, Any]


def lose_what_was_not_flushed(kept: Path) -> None:
    """Empty every file that no flush has made durable, and take back unflushed names."""
    entries = [json.loads(line) for line in (kept / "journal").read_text().splitlines()]
    written: set[str] = set()
    named: list[Entry] = []
    for entry in entries:
        path = entry["path"]
        if entry["operation"] == "flush":
            written.discard(path)
            named = [one for one in named if str(Path(one["path"]).parent) != path]
        elif entry["operation"] == "write":
            written.add(path)
        else:
            named.append(entry)
        if entry["operation"] == "rename":
            written = {_renamed(one, entry["source"], path) for one in written}
    for path in written:
        if Path(path).exists():
            os.truncate(path, 0)
    for entry in reversed(named):
        if take_back := _TAKE_BACK.get(entry["operation"]):
            take_back(entry, kept / str(entry["place"]))


def _renamed(path: str, source: str, target: str) -> str:
    """What a path is called after `source` became `target`; it may lie below."""
    if path == source or path.startswith(f"{source}{os.sep}"):
        return target + path[len(source) :]
    return path


def _unrename(entry: Entry, before: Path) -> None:
    path = Path(entry["path"])
    if path.exists():
        path.rename(entry["source"])
    if before.exists():
        os.link(before, path)


def _undelete(entry: Entry, before: Path) -> None:
    path = Path(entry["path"])
    if entry["folder"]:
        path.mkdir(exist_ok=True)
    elif before.exists() and path.parent.is_dir() and not path.exists():
        # Else its folder is durably gone, and the file with it.
        os.link(before, path)


def _unmake(entry: Entry, before: Path) -> None:
    del before
    shutil.rmtree(entry["path"], ignore_errors=True)


_TAKE_BACK: dict[str, Callable[[Entry, Path], None]] = {
    "rename": _unrename,
    "delete": _undelete,
    "mkdir": _unmake,
}
