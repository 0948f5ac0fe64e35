"""What becomes of the best of a search: on other days, in other regimes, after luck and costs."""
