"""What fits into a page of the maps of a metric over two parameters."""

from collections.abc import Sequence

from params_optimizer.analytics.factors import Factor

CELLS = 300_000
"""Numbers of all heat maps together: about 3 MB of the page."""

Pair = tuple[int, int]


def pairs_that_fit(
    pairs: Sequence[Pair],
    sizes: Sequence[int],
    main: Pair | None,
    metrics: Sequence[str],
    numbers: int,
) -> tuple[list[Pair], list[str]]:
    """The pairs of factors and the metrics whose maps fit into a page, the `main` pair first.

    A cell of a map holds so many `numbers` for each metric.
    """
    fitting, cells = [], 0
    for pair in sorted(pairs, key=lambda pair: (pair != main, pair)):
        size = sizes[pair[0]] * sizes[pair[1]]
        if numbers * (cells + size) <= CELLS:
            fitting.append(pair)
            cells += size
    return fitting, list(metrics[: max(CELLS // (numbers * cells), 1)]) if cells else []


def main_pair(
    factors: Sequence[Factor], varying: Sequence[int], shares: dict[str, float]
) -> Pair | None:
    """The two factors that decide most, in the order of the space; None where fewer vary."""
    if len(varying) < 2:
        return None
    # A map with two columns tells little: factors with more values first.
    several = [place for place in varying if len(factors[place].labels) > 2]
    candidates = several if len(several) > 1 else varying
    strongest = sorted(candidates, key=lambda place: -shares.get(factors[place].name, 0.0))
    first, second = sorted(strongest[:2])
    return first, second
