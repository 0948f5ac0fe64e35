"""A grid that is too large for every combination, thinned evenly."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from params_optimizer.search.space import ParameterSpace

Json = dict[str, Any]


def thinned(content: Mapping[str, Any], space: ParameterSpace, maximum: int) -> tuple[Json, str]:
    """The space with at most `maximum` combinations, before constraints, and what was done.

    The longest axes lose values first; ends stay. Choices that are no numbers stay all.
    """
    counts = {axis.name: axis.count or maximum for axis in space.axes}
    whole = space.size
    if whole is not None and whole <= maximum:
        return dict(content), ""
    while np.prod([float(count) for count in counts.values()]) > maximum:
        name = max(
            (axis.name for axis in space.axes if axis.ordered),
            key=counts.__getitem__,
            default="",
        )
        if not name or counts[name] <= 2:
            break
        counts[name] -= max(1, counts[name] // 10)
    parameters = {}
    for axis in space.axes:
        if axis.count is not None and counts[axis.name] >= axis.count:
            parameters[axis.name] = content["parameters"][axis.name]
            continue
        units = np.linspace(0.0, 1.0, counts[axis.name])
        values = dict.fromkeys(axis.decode(min(unit, 1 - 1e-12)) for unit in units)
        parameters[axis.name] = {"type": "categorical", "choices": list(values)}
    shape = " x ".join(f"{name} {count}" for name, count in counts.items())
    note = (
        f"the grid of {whole:,} combinations was thinned evenly ({shape}); most: N allows more"
        if whole is not None
        else f"ranges without a step were cut evenly ({shape})"
    )
    return {**content, "parameters": parameters}, note
