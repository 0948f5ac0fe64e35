"""Market mechanics on arrays: no strategy, no pandas, no files."""
