"""What the public may be told of a draw: counts of groups so large that none points at a person."""

from collections.abc import Sequence

#: Fewer in the pool than this are shown together with their neighbours.
SMALLEST = 5


def joined(pools: Sequence[int], smallest: int = SMALLEST) -> list[list[int]]:
    """Places of the values that stand together, given how many each has in the pool, until no group is small.

    Small ones are joined with the next, so that ages stay neighbours; all may be too few together.
    """
    groups: list[list[int]] = []
    heads: list[int] = []
    for place, pool in enumerate(pools):
        if heads and heads[-1] < smallest:
            groups[-1].append(place)
            heads[-1] += pool
        else:
            groups.append([place])
            heads.append(pool)
    if len(heads) > 1 and heads[-1] < smallest:
        last = groups.pop()
        groups[-1] += last
    return groups
