"""The best of some days on the days after them."""

from datetime import date

from params_optimizer.requests.fields import ObjectiveFields, WorkerFields


class HoldoutRequest(ObjectiveFields, WorkerFields):
    """Choose on the days before `day`, show the best on the days from it on."""

    day: date
