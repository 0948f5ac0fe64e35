"""Exhaustive parameter search for intraday trading strategies."""

__version__ = "0.1.0"
