"""`--prepare-data`: raw files of any known format become one Parquet file of bars.

Rows are taken in the order of the files (`raw_files.in_natural_order`) and of the rows in
them; of several usable rows of one minute one is kept (`series.one_series`), and after that
trading hours are applied. The result is a function of the raw files and the settings alone.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from params_optimizer.config import WEEKDAYS, Symbol, TradingHours
from params_optimizer.data.bars import GENERATED, M1, METADATA_KEY, SYMBOL_KEY, Bars
from params_optimizer.data.coverage import bars_status
from params_optimizer.data.days import instants, local_days
from params_optimizer.data.importers import DateOrder, ImportedBars, Stamp, import_files
from params_optimizer.data.loader import load_bars, optimized_file
from params_optimizer.data.losses import check_losses
from params_optimizer.data.marker import check_not_mixed, is_generated
from params_optimizer.data.preparation_summary import (
    PreparationSummary,
    count_formats,
    describe_hours,
)
from params_optimizer.data.raw_files import (
    chosen_files,
    empty_folder,
    newer_raw_files,
    raw_files,
    raw_folders,
    unread_files,
)
from params_optimizer.data.recorded_spread import recorded_spread
from params_optimizer.data.series import one_series
from params_optimizer.data.source_timezone import parse_source_timezone
from params_optimizer.errors import DataError, MissingDataError, UnknownFormatError
from params_optimizer.storage import files

__all__ = ["PreparationSummary", "newer_raw_files", "prepare", "raw_files"]

_MARKET = b"market"


def prepare(
    data_dir: Path,
    symbol: str,
    market: Symbol,
    paths: Sequence[Path] = (),
    *,
    source_timezone: str | None = None,
    stamps: Stamp | None = None,
    date_order: DateOrder | None = None,
    force: bool = False,
    show_progress: bool = True,
) -> PreparationSummary:
    """Import raw files of `symbol`, write its Parquet file, and read it back.

    The file is written in one step. Without `force` it is replaced only if every bar of the
    present one is in the new one unchanged, and files that lose a pattern of rows are refused.

    Args:
        data_dir: root of raw and optimized data.
        symbol: its name, used in the names of folders and files.
        market: its settings; bars outside its `trading_hours` are left out.
        paths: raw files, or folders of them; none takes `raw_files(data_dir, symbol)`.
        source_timezone: the clock of files whose times carry no zone.
        stamps: whether times are those of the open or the close of a bar (`import_file`).
        date_order: order of day and month in dates such as 01/02/2024.
        force: replace the present bars whatever they are, and import what is usable.
        show_progress: draw a bar on standard error if that is a terminal.

    Raises:
        MissingDataError: no raw files were found.
        DataError: what `import_file` raises; several series of bars; too many rows lost;
            generated and real data mixed; no bar inside the trading hours; bars of the
            present file would be lost.
        SettingsError: `source_timezone` is not a time zone.
        StorageError: a file cannot be read or written.
    """
    if source_timezone is not None:
        parse_source_timezone(source_timezone)
    sources = chosen_files(paths) if paths else _raw_files_or_error(data_dir, symbol)
    target = optimized_file(data_dir, symbol)
    present = load_bars(data_dir, symbol) if target.exists() and not force else None
    imported, notes = _import(
        sources,
        lambda path: import_files(path, source_timezone, stamps=stamps, date_order=date_order),
        notes_allowed=not paths,
        show_progress=show_progress,
    )
    generated = _check_origin(data_dir, imported)
    if not force:
        check_losses(imported, ", or add --force to import the other rows")
    distinct = one_series(imported)
    traded = _inside(distinct.m1, market.trading_hours)
    if not traded.time.size:
        raise DataError(
            f"{symbol}: all {distinct.m1.time.size:,} bars are outside the trading hours "
            f"({describe_hours(market.trading_hours)}); correct symbols.{symbol}.trading_hours "
            f"in the configuration, or --source-timezone{_beside_them(imported)}"
        )
    bars = Bars.from_arrays(symbol, traded, generated=generated)
    if present is not None:
        _check_nothing_lost(target, present, bars)
    _write(data_dir, bars)
    status = bars_status(bars, market)
    return PreparationSummary(
        symbol=symbol,
        path=target,
        files=tuple(file.path for file in imported),
        left_out=(*notes, *unread_files(paths or raw_folders(data_dir, symbol))),
        formats=count_formats([file.format for file in imported]),
        source_timezone=source_timezone,
        zone_not_used=sum(file.own_zone for file in imported) if source_timezone else 0,
        rows=sum(file.rows for file in imported),
        rejected=_rejected(imported),
        first_rejected=_first_rejected(imported),
        duplicates=distinct.duplicates,
        conflicts=distinct.conflicts,
        first_conflict=distinct.first_conflict,
        unfinished=distinct.unfinished,
        longer=tuple((file.path.name, bars) for file in imported for bars in file.longer),
        stamps=tuple(sorted({file.stamps for file in imported})),
        volumes=tuple(dict.fromkeys(file.volume_name for file in imported)),
        spread=recorded_spread(imported, market.timezone),
        flat_spread=market.spread,
        filtered=distinct.m1.time.size - bars.count,
        hours=market.trading_hours,
        bars=bars.count,
        days=status.days,
        timezone=market.timezone,
        first=status.first,
        last=status.last,
        missing_weekdays=status.missing_weekdays,
        dead_days=status.dead_days,
        gaps=status.gaps,
        generated=generated,
    )


def _raw_files_or_error(data_dir: Path, symbol: str) -> list[Path]:
    paths = raw_files(data_dir, symbol)
    if paths:
        return paths
    folders = raw_folders(data_dir, symbol)
    if folders:
        raise MissingDataError(empty_folder(folders[0]))
    raise MissingDataError(
        f"{data_dir}: there is no folder '{symbol} 1m ...' with raw bars of {symbol}; make "
        f"'{data_dir / f'{symbol} 1m raw'}' and put your CSV files into it, or name files: "
        f"--prepare-data PATH"
    )


def _import(
    sources: Sequence[Path],
    read: Callable[[Path], list[ImportedBars]],
    *,
    notes_allowed: bool,
    show_progress: bool,
) -> tuple[list[ImportedBars], list[Path]]:
    """Bars of the files, and the notes among them: .txt files without a table of bars."""
    imported: list[ImportedBars] = []
    notes: dict[Path, UnknownFormatError] = {}
    with _progress(len(sources), enabled=show_progress) as advance:
        for path in sources:
            try:
                imported += read(path)
            except UnknownFormatError as error:
                if not notes_allowed or path.suffix.lower() != ".txt":
                    raise
                notes[path] = error
            advance()
    if not imported:
        raise next(iter(notes.values()))
    return imported, list(notes)


@contextmanager
def _progress(total: int, *, enabled: bool) -> Iterator[Callable[[], None]]:
    """A progress bar over files on a terminal, which disappears at the end; else nothing."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(
        console=console, transient=True, disable=not (enabled and console.is_terminal)
    ) as progress:
        task = progress.add_task("Reading files", total=total)
        yield lambda: progress.advance(task)


def _check_origin(data_dir: Path, imported: Sequence[ImportedBars]) -> bool:
    """Whether all files are generated; a mixture of generated and real data is refused."""
    origin = {file.generated or is_generated(file.path) for file in imported}
    for generated in sorted(origin):
        check_not_mixed(data_dir, generated=generated)
    return any(origin)


def _inside(m1: M1, hours: TradingHours) -> M1:
    """The bars inside trading hours, which are clock times of `hours.timezone`."""
    days = local_days(m1.time, hours.timezone)
    begin = instants(days.date, hours.start, hours.timezone)
    if hours.end == "24:00":
        end = instants(days.date + 1, "00:00", hours.timezone)
    else:
        end = instants(days.date, hours.end, hours.timezone)
    traded = np.array([day in hours.weekdays for day in WEEKDAYS])
    end = np.where(traded[(days.date + 3) % 7], end, begin)  # 1970-01-01 was a Thursday
    of_bar = np.repeat(np.arange(days.date.size), days.end - days.first)
    inside = (m1.time >= begin[of_bar]) & (m1.time < end[of_bar])
    return M1._make(column[inside] for column in m1)


def _check_nothing_lost(path: Path, present: Bars, new: Bars) -> None:
    place = np.searchsorted(new.m1.time, present.m1.time)
    place = np.minimum(place, new.count - 1)
    is_present = new.m1.time[place] == present.m1.time
    equal = np.all(
        [after[place] == before for after, before in zip(new.m1, present.m1, strict=True)], axis=0
    )
    if equal.all():
        return
    example = np.datetime64(int(present.m1.time[~equal][0]), "m")
    lost, changed = int((~is_present).sum()), int((is_present & ~equal).sum())
    raise DataError(
        f"{path}: nothing was written, because of its {present.count:,} bars {lost:,} would be "
        f"lost and {changed:,} changed (the first: {example} UTC). To add bars, put the new files "
        f"beside the old ones in the folder '{new.symbol} 1m ...' and name no path; to replace "
        f"the present bars, add --force"
    )


def _write(data_dir: Path, bars: Bars) -> None:
    target = optimized_file(data_dir, bars.symbol)
    files.make_folder(target.parent)
    files.write_bytes(target, _parquet(bars))
    written = load_bars(data_dir, bars.symbol)
    if (written.fingerprint, written.generated) != (bars.fingerprint, bars.generated):
        raise DataError(f"{target}: does not contain what was written; check this disk")


def _parquet(bars: Bars) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    time = pa.array(bars.m1.time * 60_000_000, pa.timestamp("us", tz="UTC"))
    table = pa.Table.from_arrays(
        [time, *(pa.array(column) for column in bars.m1[1:])],
        names=list(M1._fields),
        metadata={
            METADATA_KEY: GENERATED if bars.generated else _MARKET,
            SYMBOL_KEY: bars.symbol.encode(),
        },
    )
    content = io.BytesIO()
    pq.write_table(table, content, compression="snappy", write_page_checksum=True)
    return content.getvalue()


def _beside_them(imported: Sequence[ImportedBars]) -> str:
    """Rejected rows, mentioned where no bar remains."""
    rejected = sum(_rejected(imported).values())
    if not rejected:
        return ""
    return (
        f". Another {rejected:,} rows are not usable bars; the first is {_first_rejected(imported)}"
    )


def _first_rejected(imported: Sequence[ImportedBars]) -> str:
    return next(
        (f"{file.path.name}, {file.first_rejected}" for file in imported if file.rejected), ""
    )


def _rejected(imported: Sequence[ImportedBars]) -> dict[str, int]:
    total: dict[str, int] = {}
    for file in imported:
        for reason, count in file.rejected.items():
            total[reason] = total.get(reason, 0) + count
    return total
