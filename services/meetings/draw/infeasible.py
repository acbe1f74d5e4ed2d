"""When no panel keeps all quotas: which ones stand against each other, and the least that would have to give."""

from collections.abc import Sequence

import numpy as np

from services.meetings.draw.model import Infeasible, Quota, Relaxation
from services.meetings.draw.program import Program
from services.meetings.draw.space import Space

#: Of two relaxations by equally many seats, the one that touches fewer quotas.
_TOUCHED = 1e-3


def explained(space: Space) -> Infeasible:
    """The conflict and the smallest relaxations."""
    return Infeasible(_conflict(space), smallest_relaxations(space, [quota.most == 0 for quota in space.quotas]))


def _fits(space: Space, least: set[int], most: set[int]) -> bool:
    """Is there a panel that keeps these bounds (places of quotas)?"""
    low = np.array([space.low[0], *(q.least if i in least else 0 for i, q in enumerate(space.quotas))], dtype=float)
    high = np.array(
        [space.high[0], *(q.most if i in most else space.seats for i, q in enumerate(space.quotas))], dtype=float
    )
    if (low > high).any():
        return False
    types = len(space.types)
    program = Program(np.zeros(types), space.rows, low, high, np.zeros(types), space.counts, integer=True)
    return program.solve() is not None


def _conflict(space: Space) -> tuple[str, ...]:
    """A smallest set of bounds that cannot be kept together: take one away at a time, keep those that matter."""
    heads = int(space.counts.sum())
    if space.seats > heads:
        return (f"Det er {space.seats} plasser, men bare {heads} i utvalget å trekke fra.",)
    least = {i for i, quota in enumerate(space.quotas) if quota.least > 0}
    most = {i for i, quota in enumerate(space.quotas) if quota.most < space.seats}
    for place in sorted(least):
        if not _fits(space, least - {place}, most):
            least.remove(place)
    for place in sorted(most):
        if not _fits(space, least, most - {place}):
            most.remove(place)
    said = [_said_least(space, i) for i in sorted(least)] + [_said_most(space, i) for i in sorted(most)]
    end = (
        "Dette går ikke an." if len(said) == 1
        else f"Med {space.seats} plasser kan ikke alle disse kvotene holdes samtidig."
    )  # fmt: skip
    return (*said, end)


def _said_least(space: Space, place: int) -> str:
    quota = space.quotas[place]
    heads = int(space.rows[place + 1] @ space.counts)
    return f"{quota.feature} «{quota.value}» skal ha minst {quota.least}; det er {heads} å trekke blant."


def _said_most(space: Space, place: int) -> str:
    quota = space.quotas[place]
    return f"{quota.feature} «{quota.value}» skal ha høyst {quota.most}."


def smallest_relaxations(space: Space, capped: Sequence[bool]) -> tuple[Relaxation, ...]:
    """Seats by which least goes down and most goes up, as few as can be; the most of a ``capped`` quota stands."""
    types, quotas = len(space.types), len(space.quotas)
    down, up = np.vstack((np.zeros(quotas), np.eye(quotas))), np.vstack((np.zeros(quotas), -np.eye(quotas)))
    panels = np.hstack((space.rows, down, np.zeros((quotas + 1, quotas)), np.zeros((quotas + 1, quotas))))
    below = np.hstack((space.rows, np.zeros((quotas + 1, quotas)), up, np.zeros((quotas + 1, quotas))))
    # A quota is touched when anything of it moves.
    seats = float(space.seats)
    furthest = 2.0 * max(space.seats, *(quota.least for quota in space.quotas)) if quotas else 0.0
    touched = np.hstack((np.zeros((quotas, types)), np.eye(quotas), np.eye(quotas), -furthest * np.eye(quotas)))
    endless = np.full(quotas + 1, np.inf)
    can_rise = [0.0 if cap else max(0.0, seats - quota.most) for cap, quota in zip(capped, space.quotas, strict=True)]
    can_fall = [float(max(0, quota.least)) for quota in space.quotas]
    program = Program(
        np.concatenate((np.zeros(types), np.full(2 * quotas, -1.0), np.full(quotas, -_TOUCHED))),
        np.vstack((panels, below, touched)),
        np.concatenate((space.low, -endless, np.full(quotas, -np.inf))),
        np.concatenate((endless, space.high, np.zeros(quotas))),
        np.zeros(types + 3 * quotas),
        np.concatenate((space.counts, can_fall, can_rise, np.ones(quotas))),
        integer=True,
    )
    found = program.solve()
    if found is None:
        return ()
    moves = np.rint(found.columns[types:]).astype(int)
    return tuple(
        Relaxation(quota, quota.least - int(fall), quota.most + int(rise))
        for quota, fall, rise in zip(space.quotas, moves[:quotas], moves[quotas : 2 * quotas], strict=True)
        if fall or rise
    )


def relaxed(quotas: tuple[Quota, ...], relaxations: tuple[Relaxation, ...]) -> tuple[Quota, ...]:
    """The quotas after the relaxations."""
    changed = {each.quota: each.relaxed for each in relaxations}
    return tuple(changed.get(quota, quota) for quota in quotas)
