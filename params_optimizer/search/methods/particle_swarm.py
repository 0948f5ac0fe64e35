"""Particle swarm: points that fly through the space, drawn to the best they know."""

from collections.abc import Sequence

import numpy as np

from params_optimizer.config.search import ParticleSwarm
from params_optimizer.search.methods.method import MANY, Fresh, Setup, latin_hypercube
from params_optimizer.search.space import Parameters, ParameterSpace
from params_optimizer.search.trial import Trial


class ParticleSwarmSearch:
    """Constricted particle swarm (Clerc and Kennedy 2002) in the unit cube.

    On axes without an order there is nowhere to fly: there a particle takes the value of its
    own best, of the best it knows of, or keeps its own, and now and then any. The best it
    knows of is that of its neighbours on a ring, or of all. A particle that has found nothing
    better for long begins anew.
    """

    def __init__(self, space: ParameterSpace, settings: ParticleSwarm, seed: int) -> None:
        self._space, self._settings = space, settings
        self._rng = np.random.default_rng(seed)
        self._fresh = Fresh(space, self._rng)
        start = latin_hypercube(space, settings.particles, self._rng)
        self._positions = np.array([space.encode(parameters) for parameters in start])
        self._speeds = self._rng.uniform(-0.1, 0.1, self._positions.shape)
        self._best: list[Trial | None] = [None] * settings.particles
        self._stuck = [0] * settings.particles
        self._ordered = np.array([axis.ordered for axis in space.axes])
        self._fine = np.array([axis.count is None or axis.count > MANY for axis in space.axes])
        self._asked: list[int] = []
        self._next = 0

    def ask(self, count: int) -> list[Parameters]:
        """The particles in turn, each moved on first unless it has not begun."""
        proposals: list[Parameters] = []
        for _ in range(count):
            particle = self._next % self._settings.particles
            if self._next >= self._settings.particles:
                self._move(particle)
            parameters = self._fresh.take(self._space.decode(self._positions[particle]))
            if parameters is None:
                break
            self._positions[particle] = self._space.encode(parameters)
            proposals.append(parameters)
            self._asked.append(particle)
            self._next += 1
        return proposals

    def tell(self, trials: Sequence[Trial]) -> None:
        """Particles remember the best they have seen."""
        for particle, trial in zip(self._asked, trials, strict=True):
            best = self._best[particle]
            self._stuck[particle] += 1
            if best is None or trial.order < best.order:
                self._best[particle], self._stuck[particle] = trial, 0
        self._asked = []

    def _move(self, particle: int) -> None:
        settings, rng = self._settings, self._rng
        first = min((trial.order for trial in self._best if trial is not None), default=None)
        best = self._best[particle]
        if self._stuck[particle] >= settings.patience and best is not None and best.order != first:
            self._restart(particle)
            return
        at, axes = self._positions[particle], len(self._space.axes)
        best_place, leader = (
            self._place(trial, at) for trial in (self._best[particle], self._leader(particle))
        )
        speed = settings.inertia * self._speeds[particle]
        speed += settings.own_pull * rng.random(axes) * (best_place - at)
        speed += settings.leader_pull * rng.random(axes) * (leader - at)
        speed = np.clip(speed, -settings.top_speed, settings.top_speed)
        moved = at + speed
        outside = (moved < 0) | (moved > 1)
        speed[outside] *= -0.5  # bounces off the wall
        choice = rng.random(axes)
        choices = np.where(choice < 0.45, leader, np.where(choice < 0.7, best_place, at))
        moved = np.where(self._ordered, np.clip(moved, 0, 1), choices)
        lost = rng.random(axes) < settings.turbulence / axes
        anywhere = rng.random(axes)
        for place in np.flatnonzero(lost & self._fine):  # chance would hardly hit the right one
            axis = self._space.axes[place]
            anywhere[place] = axis.encode(axis.nearby(axis.decode(float(leader[place])), rng))
        self._positions[particle] = np.where(lost, anywhere, moved)
        self._speeds[particle] = speed

    def _restart(self, particle: int) -> None:
        """Let a particle that finds nothing better begin anew; the best one never does."""
        self._best[particle], self._stuck[particle] = None, 0
        self._positions[particle] = self._space.encode(self._space.sample(self._rng))
        self._speeds[particle] = 0.0

    def _leader(self, particle: int) -> Trial | None:
        reach, size = self._settings.neighbours, self._settings.particles
        places = range(size)
        if 2 * reach + 1 < size:
            places = [(particle + step) % size for step in range(-reach, reach + 1)]  # type: ignore[assignment]
        trials = [trial for trial in (self._best[place] for place in places) if trial is not None]
        return min(trials, key=lambda trial: (trial.order, trial.number), default=None)

    def _place(self, trial: Trial | None, at: np.ndarray) -> np.ndarray:
        return at if trial is None else np.array(self._space.encode(trial.parameters))


def make(setup: Setup) -> ParticleSwarmSearch:
    """The method at its beginning."""
    return ParticleSwarmSearch(setup.space, setup.settings.particle_swarm, setup.seed)
