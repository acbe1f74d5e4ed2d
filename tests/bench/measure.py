"""Product and floor in turns, medians, one JSON line."""

import asyncio
import json
import statistics
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import psutil

#: A machine at rest, our own idle servers and services included.
QUIET_PERCENT = 15.0

Run = Callable[[], Awaitable[float]]
Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Line:
    """What one bench found; ``ratio`` is value / floor, ``goal`` a bound on it (or on the value where it says so)."""

    bench: str
    value: float
    unit: str
    floor: float | None
    ratio: float | None
    goal: str | None
    met: bool | None
    rounds: int


async def alternate(
    bench: str, unit: str, product: Run, floor: Run, rounds: int, goal: float, better: Better = "higher"
) -> None:
    """Floor and product in turns, so that a change of the machine's mood meets both; the goal is a ratio."""

    async def both() -> tuple[float, float]:
        base = await floor()
        return await product(), base

    await in_rounds(bench, unit, both, rounds, goal, better)


async def in_rounds(
    bench: str,
    unit: str,
    both: Callable[[], Awaitable[tuple[float, float]]],
    rounds: int,
    goal: float,
    better: Better = "higher",
    of: Literal["ratio", "value"] = "ratio",
) -> None:
    """The same where one call gives a round's (product, floor); the goal may be a bound on the value."""
    values, floors = [], []
    for number in range(rounds):
        await note_noise()
        value, base = await both()
        values.append(value)
        floors.append(base)
        note(f"{bench}: round {number + 1} of {rounds}: {value:.4g} against {base:.4g} {unit}")
    value, base = statistics.median(values), statistics.median(floors)
    ratio = value / base
    figure = ratio if of == "ratio" else value
    passes = figure >= goal if better == "higher" else figure <= goal
    sign = ">=" if better == "higher" else "<="
    note(f"{bench}: {_spread(values)} against {_spread(floors)} {unit}")
    tell(Line(bench, value, unit, base, ratio, f"{of} {sign} {goal:g}", passes, rounds))


def _spread(values: Sequence[float]) -> str:
    return f"{min(values):.4g} to {max(values):.4g}"


def bound(bench: str, values: Sequence[float], unit: str, most: float) -> None:
    """A figure that has a bound of its own instead of a floor: the median of ``values``."""
    value = statistics.median(values)
    tell(Line(bench, value, unit, None, None, f"value <= {most:g}", value <= most, len(values)))


def tell(line: Line) -> None:
    """One JSON line on standard output."""
    rounded = {key: float(f"{value:.6g}") if isinstance(value, float) else value for key, value in asdict(line).items()}
    print(json.dumps(rounded), flush=True)


async def note_noise() -> None:
    """Say so when something else keeps the machine busy before a round, whose figures are then worth little."""
    psutil.cpu_percent()
    await asyncio.sleep(0.5)
    busy = psutil.cpu_percent()
    if busy > QUIET_PERCENT:
        note(f"NOT QUIET: the processors are {busy:.0f} % busy before the round")


def note(text: str) -> None:
    """Progress, on standard error."""
    print(f"  {text}", file=sys.stderr, flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of ``values`` lie."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
