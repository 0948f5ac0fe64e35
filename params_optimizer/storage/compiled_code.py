"""Files of compiled kernels that prove what they are before their code is executed."""

import logging
import pickle
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba.core.caching import FunctionCache, IndexDataCacheFile

log = logging.getLogger(__name__)

_DIGEST = sha256().digest_size


class SealedFiles(IndexDataCacheFile):  # type: ignore[misc]
    """Files of compiled code that begin with the SHA-256 of what follows.

    Numba's own files have no checksum: a truncated one ends the process, and a changed one
    is executed. A file that does not fit its checksum counts as missing here, so that its
    kernel is compiled again and the file replaced. Code that cannot be written is used, but not
    kept.
    """

    _is_full = False  # a warning for each kernel would be forty

    def save(self, key: object, data: object) -> None:
        """Keep the code of a kernel, where the disk takes it."""
        try:
            super().save(key, data)
        except OSError as error:
            if not SealedFiles._is_full:
                log.warning(
                    "compiled kernels cannot be kept in %s (%s); the next command compiles "
                    "them again",
                    self._cache_path,
                    error.strerror,
                )
            SealedFiles._is_full = True

    def _load_index(self) -> dict[Any, str]:
        content = _unsealed(Path(self._index_path))
        version, stamp, overloads = content or (None, None, {})
        is_current = (version, stamp) == (self._version, self._source_stamp)
        return overloads if is_current else {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        content = self._version, self._source_stamp, overloads
        self._write(self._index_path, self._dump(content))

    def _load_data(self, name: str) -> object:
        return _unsealed(Path(self._data_path(name)))

    def _save_data(self, name: str, data: object) -> None:
        self._write(self._data_path(name), self._dump(data))

    def _write(self, path: str, payload: bytes) -> None:
        with self._open_for_write(path) as file:
            file.write(sha256(payload).digest() + payload)


class KernelCache(FunctionCache):  # type: ignore[misc]
    """Numba's cache of one function, kept in `SealedFiles`."""

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__(function)
        stamp = self._impl.locator.get_source_stamp()
        self._cache_file = SealedFiles(self._cache_path, self._impl.filename_base, stamp)


def _unsealed(path: Path) -> Any:  # noqa: ANN401  whatever Numba keeps
    """The content of a file; None where it is missing or not what was written."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    payload = content[_DIGEST:]
    return pickle.loads(payload) if content[:_DIGEST] == sha256(payload).digest() else None
