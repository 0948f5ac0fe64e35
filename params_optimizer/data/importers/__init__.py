"""Importers of market data: one file per format, told apart by content."""

from params_optimizer.data.importers.bar_rows import ImportedBars
from params_optimizer.data.importers.importer import import_file

__all__ = ["ImportedBars", "import_file"]
