"""Panels by balanced sampling: the cube method of Deville and Tillé (Biometrika 91, 2004), over types.

A walk starts at the expected seats and moves only where every quota's sum stays as it is, until nearly all types have
whole seats; a small integer program places the last ones. Each panel lies next to the expectation it came from.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from services.meetings.draw.program import Array, Program
from services.meetings.draw.space import Space

#: Nearer than this to a whole number of seats is whole.
_WHOLE = 1e-9
#: Slower than this is standing still: what a sum that must not move does by arithmetic.
_MOVES = 1e-7
#: A direction that moves no sum by more than this, for steps of up to a seat, moves none.
_STILL = 1e-14
#: Types picked up again per quota when those still open cannot be placed.
_PICKED_UP = 2


def decomposed(
    space: Space, target: Array, random: np.random.Generator, step: Callable[[float], None]
) -> list[tuple[NDArray[np.int64], float]]:
    """Panels and their shares whose mean is ``target``, as far as it can be done.

    From the target away from a panel until a type or a quota meets its bound; what is left is a target with one thing
    less to keep open, so there are at most as many panels as types and quotas. The shares add up to less than 1 when
    what is left lies between no whole panels (quotas that interlock). ``step`` is told the shares' sum
    before each panel.
    """
    basis = _independent(space.rows)
    box = _floor(target), _ceil(target)
    sums = space.rows @ target
    limits = np.maximum(_floor(sums), space.low), np.minimum(_ceil(sums), space.high)
    found: list[tuple[NDArray[np.int64], float]] = []
    left, rest = 1.0, _straightened(space, target.copy())
    while left > _WHOLE:
        step(1.0 - left)
        panel = _landed(space, basis, rest, limits, random)
        if panel is None:
            break
        away = rest - panel
        stride = min(_room(rest, away, *box), _room(space.rows @ rest, space.rows @ away, *limits))
        share = left * stride / (1.0 + stride) if np.isfinite(stride) else left
        if share <= 0.0:
            break
        found.append((panel, share))
        left -= share
        if not np.isfinite(stride):
            break
        rest = _straightened(space, _snapped(np.clip(rest + stride * away, *box)))
    return found


def _room(at: Array, away: Array, low: Array, high: Array) -> float:
    """How far one can go from ``at`` along ``away`` inside the bounds; infinite when there is nowhere to go."""
    up, down = away > _MOVES, away < -_MOVES
    steps = np.concatenate(((high - at)[up] / away[up], (low - at)[down] / away[down]))
    return max(0.0, float(steps.min())) if len(steps) else float("inf")


def _straightened(space: Space, at: Array) -> Array:
    """Sums that are whole but for arithmetic made whole again: every step away enlarges what is wrong."""
    sums = space.rows @ at
    wrong = np.where(np.abs(sums - np.rint(sums)) < 1e-6, np.rint(sums) - sums, 0.0)
    free = np.flatnonzero(at != np.rint(at))
    if len(free):
        at[free] += np.linalg.lstsq(space.rows[:, free], wrong)[0]
    return at


def _landed(
    space: Space, basis: Array, target: Array, limits: tuple[Array, Array], random: np.random.Generator
) -> NDArray[np.int64] | None:
    """A whole panel next to ``target`` that keeps every quota's sum that is whole there; None when there is none."""
    panel = _flown(basis, target, random)
    between = target != np.rint(target)
    free = panel != np.rint(panel)
    while free.any():
        placed = _placed(space, panel, np.flatnonzero(free), target, limits, random)
        if placed is not None:
            panel[free] = placed
            break
        if free.sum() == between.sum():
            return None
        # Too few to fit together: some that have landed are picked up again, and more each time.
        landed = random.permutation(np.flatnonzero(between & ~free))
        free[landed[: _PICKED_UP * len(space.rows) + int(free.sum())]] = True
    whole = np.rint(panel).astype(np.int64)
    return whole if space.holds(whole) else None


def _placed(
    space: Space, panel: Array, free: NDArray[np.int64], target: Array,
    limits: tuple[Array, Array], random: np.random.Generator,
) -> Array | None:  # fmt: skip
    """Whole seats for the ``free`` types, near what they have now."""
    sums = space.rows @ target
    taken = np.delete(space.rows, free, axis=1) @ np.delete(panel, free)
    program = Program(
        panel[free] - np.floor(target[free]) - random.random(len(free)),
        space.rows[:, free],
        np.maximum(_floor(sums), limits[0]) - taken,
        np.minimum(_ceil(sums), limits[1]) - taken,
        np.floor(target[free]), np.ceil(target[free]),
        integer=True,
    )  # fmt: skip
    found = program.solve()
    return None if found is None else found.columns


def _flown(basis: Array, target: Array, random: np.random.Generator) -> Array:
    """The flight: a random walk that keeps ``basis`` @ x until hardly anything is open."""
    at = target.copy()
    queue = [int(column) for column in random.permutation(np.flatnonzero(at != np.rint(at)))]
    size = len(basis) + 1
    while queue:
        window = np.array(queue[:size])
        direction = _null(basis[:, window], full=len(window) == size)
        if direction is None:
            break
        low, high = np.floor(at[window]), np.ceil(at[window])
        up = _room(at[window], direction, low, high)
        down = _room(at[window], -direction, low, high)
        forth = up if random.random() * (up + down) < down else -down
        at[window] = _snapped(at[window] + forth * direction)
        done = {int(column) for column in window[at[window] == np.rint(at[window])]}
        if not done:
            break
        queue = [column for column in queue[:size] if column not in done] + queue[size:]
    return at


def _null(matrix: Array, *, full: bool) -> Array | None:
    """A direction that changes no row of the matrix; None when there is none."""
    if full:
        # One column more than rows: the last one balanced by the others, where these tell each other apart.
        try:
            others = np.linalg.solve(matrix[:, :-1], -matrix[:, -1])
        except np.linalg.LinAlgError:
            others = np.zeros(len(matrix))
        direction: Array = np.append(others, 1.0) / max(1.0, np.abs(others).max(initial=0.0))
        if np.abs(matrix @ direction).max(initial=0.0) < _STILL:
            return direction
        # One column more than rows: the last of a complete orthonormal set is at right angles to every row.
        return np.linalg.qr(matrix.T, mode="complete")[0][:, -1]
    _, singular, right = np.linalg.svd(matrix)
    return right[-1] if len(singular) < matrix.shape[1] or singular[-1] < _WHOLE else None


def _independent(rows: Array) -> Array:
    """The same space of rows, without those that follow from others."""
    _, singular, right = np.linalg.svd(rows, full_matrices=False)
    kept: Array = right[singular > _WHOLE * singular[0]]
    return kept


def _floor(values: Array) -> Array:
    return np.floor(_snapped(values))


def _ceil(values: Array) -> Array:
    return np.ceil(_snapped(values))


def _snapped(values: Array) -> Array:
    near = np.rint(values)
    return np.where(np.abs(values - near) < 1e-8, near, values)
