"""How many workers a workflow starts: cores and free memory, within the limits of its file."""

from collections.abc import Callable

from params_optimizer.orchestrator import machine
from params_optimizer.workflows.model import Containers

_WORKER_BYTES = 200 << 20


def worker_count(containers: Containers, wanted: int | None, say: Callable[[str], None]) -> int:
    """`wanted`, else one for each core; never more than the file, cores or memory allow."""
    memory = containers.resource_limits.memory_mb
    each = max(memory << 20 if memory else 0, _WORKER_BYTES)
    carried = max(machine.free_memory() // each, 1)
    limits = {"cores": machine.cores(), "free memory": carried}
    if containers.pool_size:
        limits["pool_size"] = containers.pool_size
    count = wanted or containers.pool_size or limits["cores"]
    for name, limit in limits.items():
        if count > limit:
            if name != "cores" or wanted:
                say(f"{count} workers were asked for; {limit} are started (limit: {name})")
            count = limit
    return count
