"""The one decorator of compiled kernels."""

from collections.abc import Callable
from typing import TypeVar

from params_optimizer.environment import prepare_process

prepare_process()  # Numba reads the place of its cache when it is imported

import numba  # noqa: E402

from params_optimizer.storage.compiled_code import KernelCache  # noqa: E402

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile `function` on first use and keep the code in the user's cache folder.

    No fast math: the order of the arithmetic is part of the rules (R9). Division by
    zero gives inf or NaN as in NumPy, so that kernels vectorise.
    """
    compiled = numba.njit(error_model="numpy", fastmath=False)(function)
    compiled._cache = KernelCache(function)  # noqa: SLF001  `cache=True` takes no class
    kept: F = compiled
    return kept
