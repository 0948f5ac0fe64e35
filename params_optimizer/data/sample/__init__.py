"""Sample data: bars and news made by a random process, for people who have none yet.

In the layout and format of TradingView exports, so that everything that reads real
data reads this too. Within a trading session the price is a martingale: what it did
says nothing about where it goes, so no strategy has an edge here that is not luck.
"""

from params_optimizer.data.marker import MARKER, is_generated
from params_optimizer.data.sample.writer import write_sample

__all__ = ["MARKER", "is_generated", "write_sample"]
