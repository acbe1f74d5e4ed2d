"""What everybody may see of a draw: counts by group, in groups so large that none points at a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.meetings.draw.public import SMALLEST
from services.meetings.tables import Meeting

Span = tuple[int, int]
"""Least and most seats."""


@dataclass(frozen=True)
class Tally:
    """One line of the public protocol: one or more neighbouring values of a feature, and their counts."""

    feature: str
    values: tuple[str, ...]
    labels: tuple[str, ...]
    """What people call each value; empty where the page has words of its own."""
    pool: int
    least: int | None
    most: int | None
    drawn: int


def protocol_rows(meeting: Meeting) -> list[dict[str, Any]]:
    """The draw's counts by value of each feature; none before the draw, and of draws made before quotas had values."""
    return [row for row in meeting.protocol or [] if "feature" in row]


def public_tallies(rows: Sequence[Mapping[str, Any]], smallest: int = SMALLEST) -> list[Tally]:
    """Values in their order, small ones joined with the next of the same feature until none is small."""
    tallies: list[Tally] = []
    for feature in dict.fromkeys(row["feature"] for row in rows):
        joined: list[Tally] = []
        for row in rows:
            if row["feature"] != feature:
                continue
            tally = Tally(
                feature, (row["value"],), (row["label"],), row["pool"], row["least"], row["most"], row["drawn"]
            )
            if joined and joined[-1].pool < smallest:
                joined[-1] = _together(joined[-1], tally)
            else:
                joined.append(tally)
        if len(joined) > 1 and joined[-1].pool < smallest:
            last = joined.pop()
            joined[-1] = _together(joined[-1], last)
        tallies += joined
    return tallies


def _together(one: Tally, other: Tally) -> Tally:
    return Tally(
        one.feature,
        (*one.values, *other.values),
        (*one.labels, *other.labels),
        one.pool + other.pool,
        _sum(one.least, other.least),
        _sum(one.most, other.most),
        one.drawn + other.drawn,
    )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)


def composition(meeting: Meeting) -> dict[str, Any] | None:
    """Who is drawn, as the least and most seats the draw keeps, by gender, age band and area; None without quotas."""
    rows = [row for row in protocol_rows(meeting) if row["least"] is not None]
    if not rows:
        return None
    drawn = sum(row["drawn"] for row in protocol_rows(meeting) if row["feature"] == "gender")
    more = max(1.0, meeting.seats / drawn) if drawn else 1.0
    spans = {(row["feature"], row["value"]): _scaled(row, more) for row in rows}
    labels = {row["value"]: row["label"] for row in rows if row["feature"] == "area"}
    return {
        "genders": {gender: spans.get(("gender", gender), (0, meeting.seats)) for gender in ("female", "male")},
        "bands": [(value, span) for (feature, value), span in spans.items() if feature == "band" and span[1]],
        "areas": [(labels[value], span) for (feature, value), span in spans.items() if feature == "area" and span[1]],
    }


def _scaled(row: Mapping[str, Any], more: float) -> Span:
    """The quota in proportion to seats added since the draw."""
    return int(row["least"] * more), -int(-(row["most"] * more) // 1)
