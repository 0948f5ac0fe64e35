"""The best of each kind of market."""

from params_optimizer.requests.fields import ObjectiveFields, ScheduleFields, WorkerFields
from params_optimizer.requests.types import Count, RegimeKind


class RegimesRequest(ObjectiveFields, ScheduleFields, WorkerFields):
    """Choose for each kind of market; the windows test whether switching pays."""

    kind: RegimeKind
    min_regime_trades: Count = 10
