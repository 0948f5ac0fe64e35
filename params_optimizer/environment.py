"""What has to be decided before NumPy, Numba and Arrow are imported.

Thread pools of BLAS and Numba would fight with the worker processes, and Numba
reads the place of its kernel cache when it is imported. Only small libraries,
so that `--help` and workers pay nothing for it.
"""

import os
import sys
from hashlib import sha256
from pathlib import Path

from params_optimizer.errors import StorageError

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
_KERNEL_ROOMS = ("engine", "strategies")


def prepare_process() -> None:
    """Threads, memory and the kernel cache decided; before the first NumPy import."""
    for name in _THREAD_VARIABLES:
        os.environ.setdefault(name, "1")
    # Arrow's own allocator keeps what it has once had: measured, 80 MB more in the process that
    # ranks, and a tenth more time in a worker.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    # Always ours: Numba's default lies beside the sources, which may be read-only.
    os.environ["NUMBA_CACHE_DIR"] = str(kernel_cache_folder())


def cache_folder() -> Path:
    """The user's cache folder of this product, made with mode 0700.

    `PARAMS_OPTIMIZER_CACHE` overrides the place the operating system has for it.
    Everything in it can be deleted at any time; it is made again.

    Raises:
        StorageError: the folder cannot be made.
    """
    folder = os.environ.get("PARAMS_OPTIMIZER_CACHE")
    return _private_folder(Path(folder) if folder else _system_cache())


def kernel_cache_folder() -> Path:
    """Folder of compiled kernels, named by the hash of every kernel source.

    Numba notices a changed function only in the file of the compiled one, not in
    a file that it calls; a new name for every change makes stale code impossible.
    Numba itself adds its version and the processor to the key of each entry.
    """
    digest = sha256(f"{sys.version_info[:2]}".encode())
    package = Path(__file__).parent
    for room in _KERNEL_ROOMS:
        for source in sorted((package / room).rglob("*.py")):
            digest.update(source.relative_to(package).as_posix().encode())
            digest.update(source.read_bytes())
    return _private_folder(cache_folder() / f"kernels-{digest.hexdigest()[:16]}")


def _private_folder(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot make the cache folder {folder}: {error.strerror}; set "
            f"PARAMS_OPTIMIZER_CACHE to a folder that can be written"
        ) from error
    return folder


def _system_cache() -> Path:
    from platformdirs import user_cache_path

    folder = user_cache_path("params_optimizer", appauthor=False, opinion=False)
    if not folder.is_absolute():  # an account without a home folder
        raise StorageError(
            "this account has no home folder for the cache; set PARAMS_OPTIMIZER_CACHE to a "
            "folder that can be written"
        )
    return folder
