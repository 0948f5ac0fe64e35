"""The workbook of a run."""

from params_optimizer.requests.base import Request
from params_optimizer.requests.types import Count


class WorkbookRequest(Request):
    """Write the workbook, with at most `top_n` rows on a sheet."""

    top_n: Count = 5000
