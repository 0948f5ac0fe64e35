"""The order of the rooms, read from the imports of every module (DESIGN section 2)."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PACKAGE = "params_optimizer"
JIT = f"{PACKAGE}.engine.jit"

ROOMS = [
    "errors",
    "environment",
    "console",
    "config",
    "storage",
    "data",
    "engine",
    "strategies",
    "search",
    "requests",
    "analytics",
    "orchestrator",
    "validation",
    "workflows",
    "reports",
    "actions",
    "run_optimizer",
]
"""A room imports only itself and rooms above it."""

ARRAYS = {
    "collections",
    "dataclasses",
    "functools",
    "itertools",
    "math",
    "typing",
    "numpy",
    "numba",
}
"""All that a file with compiled kernels may import: no files, clocks, logs, chance or pandas."""

INITIAL_BALANCE = f"{PACKAGE}.strategies.initial_balance"
INITIAL_BALANCE_PLACES = {
    "orchestrator.self_test": "proves its kernels on a small case",
    "orchestrator.strategies": "makes it by name",
    "orchestrator.study": "makes its plan",
    "orchestrator.study_days": "finds its levels",
    "reports.compare": "compares the trades of its best combinations",
    "reports.day_charts": "draws its levels and windows",
    "reports.execution_texts": "tells how its orders are executed",
    "reports.labels": "names its parameters",
    "reports.parameters": "names its windows",
    "reports.sections.trades": "lists its trades with their levels",
    "reports.sections.variations": "shows its variations",
    "reports.subject": "lists its trades out of sample",
    "reports.trades": "lists its trades with levels and money",
}
"""Modules outside of `strategies` that may know this one strategy, and why."""

HEAVY = {"numpy", "pandas", "pyarrow", "numba", "pydantic", "rich", "openpyxl", "multiprocessing"}


def module_name(path: Path) -> str:
    parts = path.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted((CHECKOUT / PACKAGE).rglob("*.py"))}


def imported(module: str) -> Iterator[tuple[str, int]]:
    """Every module that `module` imports, wherever in the file, with the line."""
    path = FILES[module]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                package = module if path.name == "__init__.py" else module.rpartition(".")[0]
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                source = ".".join([*above, *filter(None, [source])])
            for alias in node.names:
                name = f"{source}.{alias.name}"
                yield (name if name in FILES else source), node.lineno


def own_imports(module: str) -> Iterator[tuple[str, int]]:
    return ((name, line) for name, line in imported(module) if name.split(".")[0] == PACKAGE)


def room(module: str) -> int:
    """Place of the module's room in the order; the package itself stands above all."""
    parts = module.split(".")
    return ROOMS.index(parts[1]) if len(parts) > 1 else -1


def in_engine(module: str) -> bool:
    return module.split(".")[1:2] == ["engine"]


def compiled(module: str) -> bool:
    return in_engine(module) or JIT in {name for name, _ in imported(module)}


def test_every_module_is_in_a_known_room():
    rooms = {module.split(".")[1] for module in FILES if "." in module}
    assert rooms <= set(ROOMS)
    assert rooms >= {"errors", "config", "storage", "data", "engine"}, "the files were found"


@pytest.mark.parametrize("module", FILES)
def test_a_module_imports_only_rooms_above(module):
    below = [
        f"line {line}: {name}" for name, line in own_imports(module) if room(name) > room(module)
    ]
    assert below == [], f"{module} stands in a room above those that it imports"


def test_only_few_places_know_the_initial_balance():
    """Whatever else asks a strategy, so that it can be asked of any."""
    outside = {
        module.removeprefix(f"{PACKAGE}.")
        for module in FILES
        if not module.startswith(f"{PACKAGE}.strategies")
        and any(name.startswith(INITIAL_BALANCE) for name, _ in own_imports(module))
    }
    assert outside == INITIAL_BALANCE_PLACES.keys()


def test_no_modules_import_each_other_in_a_circle():
    TopologicalSorter(
        {module: {name for name, _ in own_imports(module)} for module in FILES}
    ).prepare()


def test_a_class_name_has_one_meaning():
    places: dict[str, list[str]] = {}
    for module, path in FILES.items():
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(module)
    assert {name: modules for name, modules in places.items() if len(modules) > 1} == {}


@pytest.mark.parametrize("module", [module for module in FILES if compiled(module)])
def test_kernels_see_arrays_only(module):
    rooms = {"data", "engine"} if in_engine(module) else {"errors", "data", "engine", "strategies"}
    if module == JIT:
        rooms = {"environment", "storage"}
    foreign = [
        f"line {line}: {name}"
        for name, line in imported(module)
        if name.split(".")[0] not in ARRAYS
        and name.split(".")[:2] not in [[PACKAGE, r] for r in rooms]
    ]
    assert foreign == []
    assert "np.random" not in FILES[module].read_text(encoding="utf-8")


def test_help_comes_before_the_heavy_libraries():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", f"{PACKAGE}.run_optimizer", "--help"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert "--symbol" in done.stdout
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "argparse" in loaded, "the report of the imports was read"
    assert loaded & HEAVY == set()
