"""What was found out about the best of a search, in words, JSON and CSV (DESIGN 4)."""
