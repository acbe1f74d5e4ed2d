"""What everybody may see of a draw: counts by group, in groups so large that none points at a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.meetings.draw.public import joined
from services.meetings.tables import Meeting
from services.meetings.verify import Document

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
    least: int
    most: int | None
    """None where a value has no quota."""
    drawn: int | None
    """None before the draw."""
    lowest: float
    highest: float
    """The lowest and highest chance of somebody in it."""


def protocol_rows(meeting: Meeting) -> list[dict[str, Any]]:
    """The draw's counts by value of each feature; none before the draw, and of draws made before quotas had values."""
    return [row for row in meeting.protocol or [] if "feature" in row]


def promised_tallies(promise: Document, counts: Sequence[int] | None) -> list[Tally]:
    """The groups of a promise, with how many of each were drawn (``counts``); before the draw without."""
    names = promise["names"]
    tallies = [
        Tally(
            group["feature"],
            tuple(group["values"]),
            tuple(names.get(f"area={value}", "") if value else "" for value in group["values"]),
            group["pool"],
            group["min"],
            group["max"],
            counts[place] if counts else None,
            group["lowest"],
            group["highest"],
        )
        for place, group in enumerate(promise["groups"])
    ]
    # Without areas nobody can be outside them.
    areas = any(value for tally in tallies if tally.feature == "area" for value in tally.values)
    return [tally for tally in tallies if areas or tally.feature != "area"]


def public_tallies(rows: Sequence[Mapping[str, Any]]) -> list[Tally]:
    """The same of a draw made before promises, from its protocol."""
    tallies = []
    for feature in dict.fromkeys(row["feature"] for row in rows):
        mine = [row for row in rows if row["feature"] == feature]
        tallies += [_together([mine[place] for place in places]) for places in joined([row["pool"] for row in mine])]
    return tallies


def _together(rows: Sequence[Mapping[str, Any]]) -> Tally:
    most = [row["most"] for row in rows]
    return Tally(
        rows[0]["feature"],
        tuple(row["value"] for row in rows),
        tuple(row["label"] for row in rows),
        sum(row["pool"] for row in rows),
        sum(row["least"] or 0 for row in rows),
        None if None in most else sum(most),
        sum(row["drawn"] for row in rows),
        min((row["lowest"] for row in rows if row["pool"]), default=0.0),
        max(row["highest"] for row in rows),
    )


def composition(meeting: Meeting) -> dict[str, Any] | None:
    """Who is drawn, as the least and most seats the draw keeps, by gender, age band, area and the answer to a call;
    None without quotas."""
    rows = [row for row in protocol_rows(meeting) if row["least"] is not None]
    if not rows:
        return None
    guests = sum(row["drawn"] for row in protocol_rows(meeting) if row["feature"] == "gender")
    more = max(1.0, meeting.seats / guests) if guests else 1.0
    spans = {(row["feature"], row["value"]): _scaled(row, more) for row in rows}
    labels = {row["value"]: row["label"] for row in rows if row["feature"] == "area"}
    return {
        "genders": {gender: spans.get(("gender", gender), (0, meeting.seats)) for gender in ("female", "male")},
        "bands": [(value, span) for (feature, value), span in spans.items() if feature == "band" and span[1]],
        "areas": [(labels[value], span) for (feature, value), span in spans.items() if feature == "area" and span[1]],
        "answers": [(value, span) for (feature, value), span in spans.items() if feature == "answer" and span[1]],
    }


def _scaled(row: Mapping[str, Any], more: float) -> Span:
    """The quota in proportion to seats added since the draw."""
    return int(row["least"] * more), -int(-(row["most"] * more) // 1)
