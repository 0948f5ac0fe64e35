"""Pickles of plain data: nothing in them is ever executed.

A pickle may name any function of any installed package and have it called while it
is loaded. Here only dates and times are admitted beside what pickle has opcodes for:
None, bool, int, float, str, bytes, dict, list, tuple, set and frozenset.
"""

import io
import pickle
import pickletools
import warnings
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

from params_optimizer.errors import DamagedFileError, MissingDataError, StorageError
from params_optimizer.storage import files

_PROTOCOL = 5  # fixed, so that equal content is equal bytes under every Python
_CLASSES = {kind.__name__: kind for kind in (date, datetime, time, timedelta, timezone)}
_NUMBERS = (bool, int, float, type(None))
_SHARED = (str, bytes, *_CLASSES.values())
_UNSHARED_CONTAINERS = (dict, list, tuple)
# After these the top of the stack is a text, bytes, a class or a date: no container.
_SCALAR_OPCODES = {
    *("STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
    *("GLOBAL", "STACK_GLOBAL", "REDUCE"),
}


def load(path: Path) -> object:
    """Read a pickle of plain data.

    Raises:
        MissingDataError: there is no such file.
        DamagedFileError: it names anything but dates (the name is in the message), is
            truncated, no pickle at all, or would need memory out of proportion to its size.
        StorageError: it cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingDataError(f"{path}: there is no such file") from error
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        with warnings.catch_warnings():  # of escapes that no text of ours holds
            warnings.simplefilter("ignore", DeprecationWarning)
            _refuse_bombs(content)
        return _PlainUnpickler(io.BytesIO(content)).load()
    except _REFUSALS as error:
        reason = str(error) or type(error).__name__
        raise DamagedFileError(f"{path}: is no pickle of plain data: {reason}") from error


def dump(path: Path, content: object) -> None:
    """Write plain data atomically; equal content gives equal bytes.

    Raises:
        TypeError: `content` holds something that `load` would refuse, a set (it has no
            order) or an instance of a subclass such as a NumPy number.
        StorageError: the folder or disk cannot take the file.
    """
    files.write_bytes(path, pickle.dumps(_canonical(content, {}), protocol=_PROTOCOL))


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> object:
        if module == "datetime" and name in _CLASSES:
            return _CLASSES[name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is never loaded")


# What the unpickler and the scan before it raise on content that somebody else made.
_REFUSALS = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


def _refuse_bombs(content: bytes) -> None:
    """Refuse what makes a few bytes grow: containers used twice, far memo places.

    A container that holds another one twice, which holds a third one twice..., doubles
    with every step for whoever walks or hashes it. `dump` shares texts and dates only.
    """
    shareable: dict[object, bool] = {}
    previous = ""
    for count, (opcode, argument, _) in enumerate(pickletools.genops(content)):
        name = opcode.name
        if name == "MEMOIZE":
            shareable[len(shareable)] = previous in _SCALAR_OPCODES
        elif name.endswith("PUT"):
            if not isinstance(argument, int) or argument > count:
                raise pickle.UnpicklingError(f"its memo jumps to place {argument}")
            shareable[argument] = previous in _SCALAR_OPCODES
        elif name == "DUP" or (name.endswith("GET") and not shareable.get(argument)):
            raise pickle.UnpicklingError("it uses a container in two places")
        previous = name


def _canonical(value: object, shared: dict[tuple[type, object], object]) -> object:
    """A copy of `value` whose equal texts and dates are one object, containers never.

    Pickle writes an object that it met before as a reference, so the bytes would hang
    on which equal texts happen to be the same object.
    """
    kind = type(value)
    if kind in _NUMBERS:
        return value
    if kind in _SHARED:
        return shared.setdefault((kind, value), value)
    if isinstance(value, dict) and kind is dict:
        return {_canonical(key, shared): _canonical(item, shared) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and kind in _UNSHARED_CONTAINERS:
        items = [_canonical(item, shared) for item in value]
        return items if kind is list else tuple(items)
    raise TypeError(f"{kind.__module__}.{kind.__qualname__} is no plain data: {value!r:.60}")
