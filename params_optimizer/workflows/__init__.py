"""Several optimisations in a row: named targets, methods, metrics and sequences, and phases."""
