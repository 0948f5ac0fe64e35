"""Exhaustive parameter search for intraday trading strategies."""

import logging

__version__ = "0.1.0"

# Without a command or a program that shows them, messages go nowhere.
logging.getLogger(__name__).addHandler(logging.NullHandler())
