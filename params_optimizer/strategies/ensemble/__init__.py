"""A weighted vote of rules, whose signals are computed once for all weights."""
