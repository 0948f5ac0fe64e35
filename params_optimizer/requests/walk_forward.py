"""The best of each window on the days after it."""

from params_optimizer.requests.fields import ObjectiveFields, ScheduleFields, WorkerFields


class WalkForwardRequest(ObjectiveFields, ScheduleFields, WorkerFields):
    """Choose anew for each window from the days before it."""
