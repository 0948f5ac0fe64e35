"""Importers of market data: one file per format, recognised by content."""

from params_optimizer.data.importers.bar_rows import ImportedBars, LongerBars, Stamp
from params_optimizer.data.importers.importer import import_file, import_files
from params_optimizer.data.importers.stamps import DateOrder

__all__ = ["DateOrder", "ImportedBars", "LongerBars", "Stamp", "import_file", "import_files"]
