"""Settings of the search methods; section `search` of the configuration."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from params_optimizer.config.base import Model, NotNegative, Positive

Share = Annotated[float, Field(ge=0, le=1)]
Pair = tuple[float, float]


class ScoreBounds(Model):
    """Least and greatest value of what the score is made of, as `[least, greatest]`."""

    total_r: Pair
    sharpe_ratio: Pair
    winrate: Pair

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name, (low, high) in self.pairs().items():
            if low >= high:
                raise ValueError(f"{name}: {low:g} is not below {high:g}")
        return self

    def pairs(self) -> dict[str, Pair]:
        """The bounds by metric."""
        return {name: getattr(self, name) for name in type(self).model_fields}


class Bayesian(Model):
    """`start`: trials that spread over the space before anything is learned.

    `stretches` of days after each of which a hopeless trial is ended (1: never);
    `tpe_share` of the trials are TPE's own, the others those of the combined method.
    """

    start: Annotated[int, Field(ge=4, le=1000)] = 16
    stretches: Annotated[int, Field(ge=1, le=50)] = 4
    tpe_share: Share = 0.125


class Genetic(Model):
    """Population, chances of crossover and mutation; `null` mutates 2.4 values on average.

    `generations`, where it is given, sets the number of trials: times the population.
    """

    population: Annotated[int, Field(ge=2, le=10_000)] = 20
    generations: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    crossover_rate: Share = 0.7
    mutation_rate: Share | None = None
    step_share: Share = 0.2
    tournament: Annotated[int, Field(ge=1, le=100)] = 3


class ParticleSwarm(Model):
    """Particles and what moves them; `neighbours` on each side are who a particle listens to."""

    particles: Annotated[int, Field(ge=2, le=10_000)] = 16
    inertia: NotNegative = 0.72
    own_pull: NotNegative = 1.0
    leader_pull: NotNegative = 1.5
    top_speed: Positive = 0.5
    neighbours: Annotated[int, Field(ge=1)] = 2
    turbulence: NotNegative = 1.5
    patience: Annotated[int, Field(ge=1)] = 8


class MethodSettings(Model):
    """Searches beside the grid. `trials` and `batch` are what --trials and --batch say."""

    trials: Annotated[int, Field(ge=1, le=10_000_000)] = 200
    batch: Annotated[int, Field(ge=1, le=10_000)] = 8
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    timeout: Positive | None = None
    score_bounds: ScoreBounds | None = None
    bayesian: Bayesian = Bayesian()
    genetic: Genetic = Genetic()
    particle_swarm: ParticleSwarm = ParticleSwarm()
    nsga2: Genetic = Genetic(population=40)
