"""Rules of fieldwork: who is invited, when things happen, in which cells answers may leave.

Pure functions of values; the date is always a parameter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from shared.rules import FieldRefused, end_of_day
from shared.strata import GENDERS

#: k: a released answer shares its cell with at least this many answers, itself included.
CELL_MINIMUM = 5
#: Hour of the installation's day at which a survey opens by date; its first reminder goes no earlier.
MORNING = time(9)
#: Days from an invitation to a reminder at least, whatever the hours: who was invited yesterday has hardly read it.
FRESH = timedelta(days=2)
#: The mail about a public result is worth sending for this long.
NOTICE_LASTS = timedelta(days=30)

#: Share of those invited whose answers staff aim at, unless they say otherwise.
TARGET_PERCENT = 50

#: (gender, age band, area) as stored with an invitation.
Cell = tuple[str, str, str | None]


@dataclass(frozen=True)
class ReleaseCell:
    """What a released answer may say about who gave it; None where cells were merged."""

    gender: str | None
    bands: tuple[str, ...] | None
    areas: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Plan:
    """When a survey opens, reminds and closes; instants in UTC."""

    opens_at: datetime | None
    """None when a panel size opens it."""
    closes_at: datetime
    reminder_at: datetime | None


def plan_survey(
    opens: str, opens_on: date | None, closes_on: date, reminder_on: date | None, now: datetime, zone: ZoneInfo
) -> Plan:
    """The plan's instants, the closing day inclusive; raises FieldRefused with the first field that must change."""
    for field, code in plan_faults(opens, opens_on, closes_on, reminder_on, now.astimezone(zone).date()).items():
        raise FieldRefused(field, code)
    on_day = opens == "date" and opens_on is not None
    opens_at = max(now, datetime.combine(opens_on, MORNING, zone)) if on_day else now  # type: ignore[arg-type]
    return Plan(
        opens_at=None if opens == "threshold" else opens_at,
        closes_at=end_of_day(closes_on, zone),
        reminder_at=None if reminder_on is None else datetime.combine(reminder_on, MORNING, zone),
    )


def plan_faults(
    opens: str, opens_on: date | None, closes_on: date | None, reminder_on: date | None, today: date
) -> dict[str, str]:
    """Field -> code of what cannot be between the days; a day that is None is not known, and nothing is said of it."""
    faults: dict[str, str] = {}
    starts_on = today if opens != "date" else opens_on
    if starts_on is None:
        faults["opens_on"] = "opens_on_missing"
    elif starts_on < today:
        faults["opens_on"], starts_on = "opens_in_the_past", None
    earliest = starts_on or today
    if closes_on is not None and closes_on < earliest:
        faults["closes_on"] = "closes_before_opening"
    elif closes_on is not None and starts_on is not None and closes_on > starts_on + timedelta(days=366):
        faults["closes_on"] = "open_too_long"
    latest = reminder_on if closes_on is None or "closes_on" in faults else closes_on
    if reminder_on is not None and latest is not None and not earliest + FRESH <= reminder_on <= latest:
        faults["reminder_on"] = "reminder_outside"
    return faults


def may_be_invited(
    status: str, purposes: Sequence[str], joined_at: datetime, opened_at: datetime, *, invites_new: bool = False
) -> bool:
    """Active members who consented to surveys and had joined when it opened, or later where the survey says so."""
    return status == "active" and "surveys" in purposes and (invites_new or joined_at <= opened_at)


def release_cells(answered: Mapping[Cell, int], bands: Sequence[str], k: int = CELL_MINIMUM) -> dict[Cell, ReleaseCell]:
    """The cell in which each stratum's answers leave, so that at least ``k`` answers share every released cell.

    ``answered`` counts answers per (gender, band, area). Place is given up first, then age, then gender. Within a
    gender, neighbouring bands merge from young to old until k is reached, and what is left over joins the last group.
    Genders with fewer than k answers in all lose gender and age together; if even they are fewer than k, the last group
    of the first gender that has one joins them. Each group is then told apart by area as far as k allows: areas merge
    in the order of their codes, those who live in none last. The order (``GENDERS``, ``bands``, codes) is fixed when
    the survey opens. An empty result means that no answer may leave.
    """
    counts = {cell: number for cell, number in answered.items() if number > 0}
    if sum(counts.values()) < k:
        return {}
    order = [*bands, *sorted({band for _, band, _ in counts} - set(bands))]
    genders = [*GENDERS, *sorted({gender for gender, _, _ in counts} - set(GENDERS))]
    groups: list[list[Cell]] = []
    loose: list[Cell] = []
    for gender in genders:
        by_band = [[cell for cell in counts if cell[:2] == (gender, band)] for band in order]
        if sum(counts[cell] for cells in by_band for cell in cells) < k:
            loose += [cell for cells in by_band for cell in cells]
        else:
            groups += _grouped(by_band, counts, k)
    if loose and sum(counts[cell] for cell in loose) < k:
        first_gender = groups[0][0][0]
        last = max(place for place, group in enumerate(groups) if group[0][0] == first_gender)
        loose += groups.pop(last)
    by_cell: dict[Cell, ReleaseCell] = {}
    for group in groups:
        bands_of = tuple(band for band in order if any(cell[1] == band for cell in group))
        by_cell |= _by_area(group, counts, k, group[0][0], bands_of)
    return by_cell | _by_area(loose, counts, k, None, None)


def _by_area(
    cells: Sequence[Cell], counts: Mapping[Cell, int], k: int, gender: str | None, bands: tuple[str, ...] | None
) -> dict[Cell, ReleaseCell]:
    """A group of at least k answers told apart by area, as far as at least k answers stay in each part."""
    order = sorted({cell[2] for cell in cells}, key=lambda area: (area is None, area or ""))
    parts = _grouped([[cell for cell in cells if cell[2] == area] for area in order], counts, k) if cells else []
    by_cell: dict[Cell, ReleaseCell] = {}
    for part in parts:
        named = tuple(area for area in order if area is not None and any(cell[2] == area for cell in part))
        outside = any(cell[2] is None for cell in part)
        areas = named if len(parts) > 1 and named and not outside else None
        by_cell |= dict.fromkeys(part, ReleaseCell(gender, bands, areas))
    return by_cell


def _grouped(neighbours: Sequence[list[Cell]], counts: Mapping[Cell, int], k: int) -> list[list[Cell]]:
    """Neighbouring lots of cells in groups of at least k answers, what is left over in the last; their sum is >= k."""
    groups: list[list[Cell]] = []
    current: list[Cell] = []
    for cells in neighbours:
        current.extend(cells)
        if current and sum(counts[cell] for cell in current) >= k:
            groups.append(current)
            current = []
    if current:
        groups[-1].extend(current)
    return groups


def answered_by_day(per_day: Mapping[date, int], first: date, last: date) -> list[tuple[date, int]]:
    """How many had taken part by the end of each day from ``first`` to ``last``, given how many did on each day."""
    day, total, curve = first, sum(number for early, number in per_day.items() if early < first), []
    while day <= last:
        total += per_day.get(day, 0)
        curve.append((day, total))
        day += timedelta(days=1)
    return curve


def expected_at_end(answered: int, opened_at: datetime, closes_at: datetime, now: datetime, invited: int) -> int:
    """A plain estimate of how many will have taken part at the end.

    Answers arrive fast and then slowly; the share still to come is taken to halve with every sixth of the period, so
    after a share t of it, 1 - 2^(-6t) of the final number has come. Never more than were invited.
    """
    length = (closes_at - opened_at).total_seconds()
    share = min(1.0, max(0.02, (now - opened_at).total_seconds() / length)) if length > 0 else 1.0
    come = (1 - 2 ** (-6 * share)) / (1 - 2**-6)
    return max(answered, min(invited, round(answered / come)))


def target_of(invited: int, percent: int) -> int:
    """The number of answers aimed at: ``percent`` of those invited, rounded up."""
    return -(-invited * percent // 100)


def standing_of(state: str, opens_at: datetime | None, closes_at: datetime, now: datetime) -> str:
    """The stored state, or ``opening`` or ``missed`` for a plan whose hour has come."""
    if state == "planned" and closes_at <= now:
        return "missed"
    return "opening" if state == "planned" and opens_at is not None and opens_at <= now else state


class Attention(StrEnum):
    """Why a survey needs somebody today."""

    MISSED = "missed"
    """Its last day passed before it could open."""
    OPENS_SOON = "opens_soon"
    """It opens by date today or tomorrow."""
    SOFT = "soft"
    """It has been sent to the first ones alone."""
    PAUSED = "paused"
    """Nobody can answer until it goes on."""
    ENDED = "ended"
    """It may be opened again until its answers leave."""
    CLOSES_LOW = "closes_low"
    """It closes today or tomorrow with fewer answers than aimed at."""
    CLOSES_SOON = "closes_soon"
    """It closes today or tomorrow."""


def attention_of(
    state: str,
    opens_at: datetime | None,
    closes_at: datetime,
    missing: int,
    now: datetime,
    zone: ZoneInfo,
    *,
    soft: bool = False,
) -> Attention | None:
    """What somebody should look at; ``missing`` is how many answers are lacking to the target."""
    tomorrow_ends = end_of_day(now.astimezone(zone).date() + timedelta(days=1), zone)
    if state == "planned":
        if closes_at <= now:
            return Attention.MISSED
        return Attention.OPENS_SOON if opens_at is not None and opens_at < tomorrow_ends else None
    if state in ("paused", "ended"):
        return Attention(state)
    if state == "open" and soft:
        return Attention.SOFT
    if state == "open" and closes_at <= tomorrow_ends:
        return Attention.CLOSES_LOW if missing > 0 else Attention.CLOSES_SOON
    return None
