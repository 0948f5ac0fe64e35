"""Measurements: equality first, then ratios within one run."""
