"""The bars that are measured on: the user's, real ones beside the checkout, or generated."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from params_optimizer.config import GridValues, Settings
from params_optimizer.orchestrator.study import Study, make_study

CHECKOUT = Path(__file__).resolve().parents[1]
REAL = CHECKOUT.parent / "shared" / "data" / "raw"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Market:
    """Prepared bars of `symbol` below `data_dir`; `source` says in words what they are."""

    symbol: str
    data_dir: Path
    source: str

    def study(self, grid: str | GridValues) -> Study:
        """The study of a named grid, or of listed values: without news, shipped settings.

        Raises:
            OptimizerError: the bars or the grid cannot be used.
        """
        settings = shipped()
        if isinstance(grid, GridValues):
            grids = settings.grids.model_copy(update={"standard": grid})
            settings = settings.model_copy(update={"grids": grids})
            grid = "standard"
        settings = settings.model_copy(update={"grid_mode": grid})
        return make_study(settings, self.symbol, self.data_dir)


def shipped() -> Settings:
    """The shipped settings without the news filter: real calendars miss the years measured."""
    settings = Settings()
    quiet = settings.news_filter.model_copy(update={"enabled": False})
    return settings.model_copy(update={"news_filter": quiet})


def find_market(
    symbol: str, data_dir: Path | None, scratch: Path, say: Say, *, generated: bool
) -> Market:
    """The market to measure on; without a `data_dir` one is prepared below `scratch`.

    Real bars are taken where raw ones of the symbol lie beside the checkout and
    `generated` ones were not asked for. Nothing is written there: the preparation works
    in a folder of its own that links to them.

    Raises:
        OptimizerError: the bars cannot be prepared, or the symbol has no sample.
    """
    if data_dir:
        return Market(symbol, data_dir, "own data")
    raw = [] if generated else sorted(REAL.glob(f"{symbol} 1m *"))
    if raw:
        say(f"preparing real bars of {symbol}")
        return _prepared(symbol, _links(raw, scratch / "data"), "real data")
    from params_optimizer.data.sample import write_sample

    say(f"generating bars of {symbol}")
    root = scratch / "sample"
    write_sample(root, [symbol])
    return _prepared(symbol, root, "generated data")


def _links(folders: list[Path], data_dir: Path) -> Path:
    data_dir.mkdir()
    for folder in folders:
        (data_dir / folder.name).symlink_to(folder, target_is_directory=True)
    return data_dir


def _prepared(symbol: str, data_dir: Path, source: str) -> Market:
    from params_optimizer.data.prepare_data import prepare

    prepare(data_dir, symbol, shipped().symbol(symbol), show_progress=False)
    return Market(symbol, data_dir, source)
