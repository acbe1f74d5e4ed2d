"""A survey's life after its opening, as a small machine: what may be done in which state, and what follows.

Pure functions of values. ``open`` and ``paused`` may become each other; either ends, by plan or by hand; what has ended
may be opened again until its answers leave, and then it is ``closed`` for good.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from shared.rules import FieldRefused, end_of_day

#: States in which answers rest here; none has left.
RUNNING = ("open", "paused", "ended")
#: How long after its end a survey may be opened again. Its answers leave then.
SECOND_THOUGHTS = timedelta(days=1)
#: The longest a survey takes answers.
LONGEST = timedelta(days=366)


class Deed(StrEnum):
    """What staff can do to a survey that has opened."""

    TO_ALL = "to_all"
    """End a soft launch: invite everybody else too."""
    PAUSE = "pause"
    """Take no answers for a while, and send nothing."""
    GO_ON = "go_on"
    EXTEND = "extend"
    """Take answers until a later day."""
    END = "end"
    """Take no more answers; they leave a day later."""
    REOPEN = "reopen"
    """Take answers again after the end."""
    RELEASE = "release"
    """Let the answers leave now; nothing can be undone after that."""


@dataclass(frozen=True)
class Life:
    """Where a survey that has opened is; instants in UTC."""

    state: str
    opened_at: datetime
    closes_at: datetime
    release_at: datetime | None = None
    """When the answers of one that has ended leave."""
    soft: bool = False
    """It has been sent to the first ones alone."""


def possible(life: Life, now: datetime) -> Collection[Deed]:
    """What staff may do now; nothing once the answers have left."""
    if life.state == "open":
        # Past its end the job is about to end it, and no more pages of answers are taken.
        first = (Deed.TO_ALL,) if life.soft else ()
        return (*first, Deed.PAUSE, Deed.EXTEND, Deed.END, Deed.RELEASE) if now < life.closes_at else (Deed.EXTEND,)
    if life.state == "paused":
        return (Deed.GO_ON, Deed.EXTEND, Deed.END, Deed.RELEASE) if now < life.closes_at else (Deed.EXTEND,)
    if life.state == "ended" and life.release_at is not None and now < life.release_at:
        return (Deed.REOPEN, Deed.RELEASE)
    return ()


def after(life: Life, deed: Deed, now: datetime, closes_at: datetime | None = None) -> Life | None:
    """Where the survey is after the deed, or None when it cannot be done now.

    ``closes_at`` goes with ``EXTEND`` and ``REOPEN``. ``RELEASE`` is not here: the release itself moves the survey on.
    """
    if deed not in possible(life, now):
        return None
    if deed is Deed.TO_ALL:
        return replace(life, soft=False)
    if deed is Deed.PAUSE:
        return replace(life, state="paused")
    if deed is Deed.GO_ON:
        return replace(life, state="open")
    if deed is Deed.END:
        return replace(life, state="ended", release_at=now + SECOND_THOUGHTS)
    if closes_at is None or closes_at <= now:
        return None
    if deed is Deed.EXTEND and closes_at > life.closes_at:
        return replace(life, closes_at=closes_at)
    if deed is Deed.REOPEN:
        return replace(life, state="open", closes_at=closes_at, release_at=None)
    return None


def ended_by_plan(life: Life) -> Life:
    """The state of a survey whose last day is over: its answers leave a day later, however late the job comes."""
    return replace(life, state="ended", release_at=life.closes_at + SECOND_THOUGHTS)


def last_day_at(day: date, life: Life, deed: Deed, now: datetime, zone: ZoneInfo) -> datetime:
    """``closes_at`` for a new last day, that day inclusive; raises FieldRefused."""
    closes_at = end_of_day(day, zone)
    if closes_at <= now:
        raise FieldRefused("closes_on", "day_has_been")
    if deed is Deed.EXTEND and closes_at <= life.closes_at:
        raise FieldRefused("closes_on", "no_later_day")
    if closes_at > life.opened_at + LONGEST:
        raise FieldRefused("closes_on", "open_too_long")
    return closes_at
