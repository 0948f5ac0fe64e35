"""What has to be decided before NumPy, Numba and Arrow are imported.

Thread pools of BLAS and Numba would fight with the worker processes, and Numba
reads the place of its kernel cache when it is imported. Only small libraries,
so that `--help` and workers pay nothing for it.
"""

import atexit
import errno
import logging
import os
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from params_optimizer.errors import StorageError

log = logging.getLogger(__name__)

CACHE = "PARAMS_OPTIMIZER_CACHE"
"""Environment variable: the cache folder."""

COMMAND = "PARAMS_OPTIMIZER_COMMAND"
"""Environment variable: what starts this command, as make.py was started."""

OPTIMIZER = "params_optimizer.run_optimizer"
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
_KERNEL_ROOMS = ("engine", "strategies")


def program(module: str = OPTIMIZER) -> str:
    """How to start a module of this package: as this command was started, where it was."""
    if module == OPTIMIZER and (wrapper := os.environ.get(COMMAND)):
        return wrapper
    typed = sys.orig_argv[:3]
    is_ours = typed[1:] == ["-m", module] or (COMMAND in os.environ and typed[1:2] == ["-m"])
    return f"{quoted([typed[0]]) if is_ours else 'python'} -m {module}"


def quoted(arguments: Sequence[str]) -> str:
    """Arguments as the shell of this system takes them."""
    import shlex
    import subprocess

    return subprocess.list2cmdline(arguments) if os.name == "nt" else shlex.join(arguments)


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
    Everything in it can be deleted at any time; it is made again. Where it cannot be
    written, a temporary folder takes its place until this process ends, with a warning.

    Raises:
        StorageError: no temporary folder can be made either.
    """
    return _private_folder()


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
    return _private_folder(f"kernels-{digest.hexdigest()[:16]}")


def delete_kernels() -> Path:
    """Delete the compiled kernels, as far as the system lets; the folder they were in."""
    from shutil import rmtree

    folder = kernel_cache_folder()
    rmtree(folder, ignore_errors=True)
    return folder


def _private_folder(name: str = "") -> Path:
    """The cache folder, or the folder `name` in it; see `cache_folder`."""
    chosen = os.environ.get(CACHE)
    cache = Path(chosen) if chosen else _system_cache()
    try:
        return _writable(cache / name)
    except OSError as error:
        return _writable(_temporary_cache(cache, error.strerror or str(error)) / name)


def _writable(folder: Path) -> Path:
    from tempfile import TemporaryFile

    if not folder.is_absolute():  # the user's folder, in an account that has no home
        raise FileNotFoundError(errno.ENOENT, "this account has no home folder")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryFile(dir=folder):
        return folder


def _temporary_cache(cache: Path, reason: str) -> Path:
    """A cache for this process and those that it starts, deleted when it ends."""
    from tempfile import mkdtemp

    way_out = f"set {CACHE} to a folder that can be written"
    try:
        folder = Path(mkdtemp(prefix="params_optimizer-"))
    except OSError as error:
        raise StorageError(
            f"neither the cache folder {cache} can be written ({reason}) nor a temporary "
            f"folder ({error.strerror}); {way_out}"
        ) from error
    os.environ[CACHE] = str(folder)
    atexit.register(_remove_cache, folder, os.getpid())
    log.warning(
        "the cache folder %s cannot be written (%s): a temporary one is used, and the next "
        "command compiles the kernels again; %s",
        cache,
        reason,
        way_out,
    )
    return folder


def _remove_cache(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked process has the exit handlers of its parent
        from shutil import rmtree

        rmtree(folder, ignore_errors=True)


def _system_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("params_optimizer", appauthor=False, opinion=False)
