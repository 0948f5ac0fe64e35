"""What is searched and what counts as best: parameter grids, ranking."""
