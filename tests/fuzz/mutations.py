"""Files that almost are what a reader expects: real ones, damaged like a human or a disk would.

Pure noise is refused at the first byte. What goes wrong deep inside of a reader takes a
file that is right but for a few places, so most inputs are made from sound samples.
"""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

WORDS = [
    *(b"", b"0", b"-0", b"-1", b"1e999", b"-1e-999", b"nan", b"NaN", b"inf", b"-Infinity", b"0x10"),
    *(b"1_000", b"1.2.3", b"1e", b"9" * 30, b"1" * 400, "١٢".encode(), "½".encode(), b"null"),
    *(b"true", b"None", b"{}", b"[]", b"[[", b'"', b'""', b"'", b",", b";", b"\t", b",,,,,,,,,,"),
    *(b"\0", b"\r", b"\n", b"\r\n\n", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80"),
    *(b"\x85", b"\xe2\x80\xa8", b"\x1a", b"\x1b[31m", b" " * 300, b"../../x", b"%s%n", b"=cmd()"),
    *(b"2024-02-30", b"0000-00-00", b"9999-12-31", b"2024-01-05T13:30:00", b"24:00", b"23:59:60"),
    *(b"+99:99", b"-14:00", b"Z", b"1700000000", b"99999999999999999999", b"-62135596801"),
    *(b"time", b"open", b"high", b"low", b"close", b"Volume", b"date", b"<DATE>", b"<TIME>"),
    *(b"Gmt time", b"Local time", b"datetime_utc", b"currency", b"impact", b"High", b"USD"),
    *(b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"Europe/Berlin", b"Europe/Berlim", b"localtime"),
]
"""Pieces of text that readers stumble over."""

ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 7, 10**400, 2**63, -(2**31), 1e308, -0.0, 5e-324, 0.1),
    *(float("nan"), float("inf"), float("-inf"), "", " ", "x", "0", "1e3", "nan", "\0", "\ud800"),
    *("../x", "/etc/passwd", "24:00", "25:61", "08:00", "Mars/Olympus", "UTC", "USD", "High"),
    *("2024-02-30T25:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"),
    *("é" * 200, [], {}, [[]], [None], [{}], {"": None}, [0, 0], [1, "1"], ["08:00", "09:00"]),
    *([["08:00", "09:00", "UTC"]], [["09:00", "08:00", "UTC"]], [["00:00", "24:00", "UTC"]]),
    *([float("nan")], [10**400], list(range(300)), {"a": {"b": {"c": {}}}}, [[[[[[[[]]]]]]]]),
]
"""Values that a JSON file may hold in place of what belongs there."""

Change = Callable[[bytes, random.Random], bytes]


def _place(content: bytes, chance: random.Random) -> tuple[int, int]:
    begin = chance.randint(0, len(content))
    return begin, min(len(content), begin + chance.choice([0, 1, 2, 4, 16, 100]))


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randint(0, len(content))]


def _remove(content: bytes, chance: random.Random) -> bytes:
    begin, end = _place(content, chance)
    return content[:begin] + content[end:]


def _repeat(content: bytes, chance: random.Random) -> bytes:
    begin, end = _place(content, chance)
    return content[:end] + content[begin:end] * chance.choice([1, 2, 50]) + content[end:]


def _insert(content: bytes, chance: random.Random) -> bytes:
    begin, end = _place(content, chance)
    return content[:begin] + chance.choice(WORDS) + content[chance.choice([begin, end]) :]


def _flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 8]) if content else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _field(content: bytes, chance: random.Random) -> bytes:
    """Another word in one field of one line."""
    lines = content.split(b"\n")
    line = chance.randrange(len(lines))
    mark = max((b",", b"\t", b";"), key=lines[line].count)
    fields = lines[line].split(mark)
    fields[chance.randrange(len(fields))] = chance.choice(WORDS)
    lines[line] = mark.join(fields)
    return b"\n".join(lines)


def _lines(content: bytes, chance: random.Random) -> bytes:
    """Lines lost, doubled or in another order."""
    lines = content.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(3):
        case 0:
            lines[one], lines[other] = lines[other], lines[one]
        case 1:
            lines.insert(other, lines[one])
        case _:
            del lines[one]
    return b"\n".join(lines)


def _rewritten(content: bytes, chance: random.Random) -> bytes:
    """Saved by another program: encoding, line ends, delimiter, upper case, quotes."""
    text = content.decode("utf-8", "replace")
    match chance.randrange(7):
        case 0:
            return text.encode("utf-16")
        case 1:
            return text.encode(chance.choice(["utf-16-le", "utf-16-be", "utf-8-sig"]))
        case 2:
            return content.replace(b"\n", chance.choice([b"\r\n", b"\r", b"\n\n", b"\0"]))
        case 3:
            return content.replace(b",", chance.choice([b";", b"\t", b", ", b"|", b""]))
        case 4:
            return content.replace(b".", b",")
        case 5:
            return content.upper() if chance.random() < 0.5 else content.lower()
        case _:
            return b'"' + content.replace(b",", b'","').replace(b"\n", b'"\n"') + b'"'


def _json(content: bytes, chance: random.Random) -> bytes:
    """One value of a JSON document replaced, left out, repeated, or under another key."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return _flip(content, chance)
    spots = [*_spots(document)]
    if not spots:
        return json.dumps(chance.choice(ODD)).encode()
    owner, key = chance.choice(spots)
    match chance.randrange(6):
        case 0:
            del owner[key]
        case 1 if isinstance(owner, dict):
            owner[chance.choice(["", "x", "events", f"{key}s", "settings"])] = owner.pop(key)
        case 2 if isinstance(owner, list):
            owner.extend([owner[key]] * chance.choice([1, 3, 200]))
        case 3:
            other, place = chance.choice(spots)
            owner[key] = json.loads(json.dumps(other[place]))
        case _:
            owner[key] = chance.choice(ODD)
    return json.dumps(document, indent=chance.choice([None, 1])).encode()


def _spots(value: Any) -> Any:
    """Every (list or object, index or key) of a JSON document."""
    if isinstance(value, dict | list):
        for key in [*value] if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _spots(value[key])


BYTES: tuple[Change, ...] = (_cut, _remove, _repeat, _insert, _flip)
TEXT: tuple[Change, ...] = (*BYTES, _field, _field, _field, _lines, _rewritten)
JSON: tuple[Change, ...] = (_json, _json, _json, _json, *TEXT)


class Input(bytes):
    """The content of a file, short where a test shows it."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes: {bytes(self[:300])!r}>"


def garbage(samples: Sequence[bytes], changes: Sequence[Change]) -> st.SearchStrategy[bytes]:
    """Sound files changed one to eight times, and now and then noise."""

    def changed(sample: bytes, often: int, chance: random.Random) -> Input:
        for _ in range(often):
            sample = chance.choice(changes)(sample, chance)
        return Input(sample)

    mutated = st.builds(
        changed,
        st.sampled_from([Input(sample) for sample in samples]),
        st.integers(1, 8),
        st.randoms(use_true_random=False),
    )
    return st.one_of(mutated, mutated, mutated, st.binary(max_size=300), st.text().map(_encoded))


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
