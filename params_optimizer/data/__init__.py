"""Market data: importers, read-only bars, local days, Initial Balances, news, sample data."""
