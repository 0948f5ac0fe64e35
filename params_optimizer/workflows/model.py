"""What a workflow file may hold: both dialects as frozen models (docs/workflows.md)."""

from typing import Annotated, Any, Final, Literal, TypeVar, get_args

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationError

from params_optimizer.config import Model
from params_optimizer.errors import WorkflowError
from params_optimizer.workflows.arguments import Count, frozen, problems_of
from params_optimizer.workflows.reading import WorkflowDocument


def _share_or_count(days: float) -> float:
    if not (0 < days < 1 or (days >= 1 and days == int(days))):
        raise ValueError("must be a share of the days between 0 and 1, or a number of days >= 1")
    return days


def _as_tuple(names: object) -> object:
    return (names,) if isinstance(names, str) else names


MetricNames = Annotated[tuple[str, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
"""One name, or several for a method that searches for all of them at once."""
DayShare = Annotated[float, AfterValidator(_share_or_count)]
Phase = Literal["data_mining", "analysis", "oos_testing"]
PHASES: Final[tuple[Phase, ...]] = get_args(Phase)
DATA_MINING, ANALYSIS, OOS_TESTING = PHASES
Report = Literal["regime_performance_matrix", "parameter_sensitivity", "ensemble_recommendations"]


class _Model(Model):
    model_config = ConfigDict(populate_by_name=False)


class ComponentModel(_Model):
    """Something registered: its class and the arguments that make it."""

    class_name: str = Field(alias="class")
    parameters: dict[str, Any] = Field(default_factory=dict)


class StageModel(_Model):
    """One step of `stages`. `days` of an out-of-sample stage: share or number of last days."""

    name: str = Field(min_length=1)
    phase: Phase = "data_mining"
    sequence: str | None = None
    targets: tuple[str, ...] = ()
    methods: dict[str, str] = Field(default_factory=dict)
    metrics: dict[str, MetricNames] = Field(default_factory=dict)
    constraints: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    regime_detector_target: str | None = None
    min_regime_data: Count | None = None
    days: DayShare | None = None
    configurations: str | None = None
    generate_reports: tuple[Report, ...] = ()
    when: str | None = None
    stop_after: bool = False


class ContainerSpec(_Model):
    """Accepted; every trial is isolated here anyway."""

    type: str | None = None


class RuleModel(_Model):
    """A component of a `component_optimization`: a rule and how to search it."""

    name: str
    method: str = "grid"
    container_spec: ContainerSpec | None = None


class ComponentStage(_Model):
    """Each component alone."""

    stage: Literal["component_optimization"]
    parallel: bool = False
    components: tuple[RuleModel, ...] = Field(min_length=1)
    container_spec: ContainerSpec | None = None


class RegimeStage(_Model):
    """The components again on the days of each regime."""

    stage: Literal["regime_optimization"]
    method: str = "grid"
    detector: Literal["volatility", "trend", "mixture"] = "trend"
    regime_isolation: bool = True
    min_samples_per_regime: Count = 100
    container_spec: ContainerSpec | None = None


class WeightStage(_Model):
    """The weights of the components, from signals that are computed once."""

    stage: Literal["weight_optimization"]
    method: str = "genetic"
    use_signal_replay: bool = True
    container_spec: ContainerSpec | None = None


PartOfWorkflow = Annotated[ComponentStage | RegimeStage | WeightStage, Field(discriminator="stage")]


class ResourceLimits(_Model):
    """Limits of a trial; `cpu_shares` is accepted and means nothing here."""

    memory_mb: Count | None = None
    cpu_shares: float | None = None


class Containers(_Model):
    """Limits of the worker pool and of each trial."""

    type: str | None = None
    pool_size: Count | None = None
    resource_limits: ResourceLimits = ResourceLimits()


class PhaseModel(_Model):
    """Settings of a phase."""

    stop_after: bool = False
    save_checkpoints: bool = True
    type: str | None = None
    generate_reports: tuple[Report, ...] = ()
    configurations: str | None = None
    days: DayShare | None = None


class DataModel(_Model):
    """What the rules trade: bars of `timeframe_minutes`, fills at `commission` a side.

    Without a commission, the symbol's spread is paid alone, or 0.001 where none is known.
    Parameters that make fewer than `min_trades` trades are no result.
    """

    timeframe_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    commission: Annotated[float, Field(ge=0, lt=1)] | None = None
    initial_capital: Annotated[float, Field(gt=0)] = 10_000.0
    min_trades: Annotated[int, Field(ge=0)] = 10


class OptimizationModel(_Model):
    """The one section of a workflow file."""

    coordinator: str | None = None
    containers: Containers = Containers()
    phases: dict[Phase, PhaseModel] = Field(default_factory=dict)
    workflow: tuple[PartOfWorkflow, ...] = ()
    stages: tuple[StageModel, ...] = ()
    targets: dict[str, ComponentModel] = Field(default_factory=dict)
    methods: dict[str, ComponentModel] = Field(default_factory=dict)
    metrics: dict[str, ComponentModel] = Field(default_factory=dict)
    sequences: dict[str, ComponentModel] = Field(default_factory=dict)
    constraints: dict[str, ComponentModel] = Field(default_factory=dict)
    data: DataModel = DataModel()
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0


class WorkflowFile(_Model):
    """A whole workflow file."""

    optimization: OptimizationModel


class Hypothesis(_Model):
    """A configuration to test out of sample: found earlier, or written out."""

    name: str = Field(min_length=1)
    source: str | None = Field(default=None, alias="from")
    parameters: dict[str, int | float | str | bool] = Field(default_factory=dict)


class Hypotheses(_Model):
    """A file of hypotheses."""

    hypotheses: tuple[Hypothesis, ...] = Field(min_length=1)


_TAGS = ("component_optimization", "regime_optimization", "weight_optimization")
ModelOfFile = TypeVar("ModelOfFile", bound=Model)


def parsed(model: type[ModelOfFile], document: WorkflowDocument) -> ModelOfFile:
    """The model of a document.

    Raises:
        WorkflowError: names the file, the line and the key of everything that is wrong.
    """
    try:
        return model.model_validate(frozen(document.content))
    except ValidationError as error:
        # A discriminator is part of the location, but not of the file.
        raise WorkflowError(
            "\n".join(
                f"{document.line(tuple(key for key in place if key not in _TAGS))}: {reason}"
                for place, reason in problems_of(model, error)
            )
        ) from error
