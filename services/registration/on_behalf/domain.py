"""What staff may do on somebody's behalf, and what has changed by it, as pure functions of values."""

from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.registration.joining.domain import DetailsInput, JoinInput, Purpose
from shared.rules import ONE_LINE

#: How the person asked, as staff choose it; ``error`` is a fault nobody asked us to mend.
HOWS = {
    "phone": "På telefon",
    "paper": "På papir",
    "in_person": "I en samtale",
    "email": "På e-post",
    "error": "Ingen ba om det: vi fant en feil",
}
PURPOSES = ("surveys", "meetings", "results")

_Note = Annotated[str, Field(min_length=1, max_length=200), ONE_LINE]


class ReasonInput(BaseModel):
    """Why staff write for somebody else."""

    how: Literal["phone", "paper", "in_person", "email", "error"]
    note: _Note
    """What was asked for, or where the paper lies; stays with the member and is erased with them."""


class ChangeInput(DetailsInput, ReasonInput):
    """Everything about a member as it should be from now on."""

    purposes: Annotated[tuple[Purpose, ...], Field(max_length=3)] = ()
    status: Literal["active", "paused"]


class RegisterInput(JoinInput):
    """A person who asked to be registered."""

    how: Literal["phone", "paper", "in_person", "email"]
    note: _Note


@dataclass(frozen=True)
class Standing:
    """What a member has told and chosen."""

    name: str
    email: str
    """As it is compared (``shared.addresses.address_key``)."""
    year_of_birth: int | None
    gender: str
    postcode: str
    lives_here: bool
    """Declared, for a postcode of another municipality."""
    language: str
    status: str
    """``active`` or ``paused``."""
    purposes: frozenset[str]

    @property
    def seen(self) -> str:
        """A fingerprint: a form that showed something older must not bring it back."""
        values = [sorted(value) if isinstance(value, frozenset) else value for value in vars(self).values()]
        return sha256(repr(values).encode()).hexdigest()[:16]


def changes(before: Standing, after: Standing) -> tuple[str, ...]:
    """Codes of what differs, in the order people read it.

    The field's name; ``surveys_yes`` or ``surveys_no`` for a consent (and so for each purpose); ``active`` or
    ``paused`` for the membership.
    """
    plain = [
        field.name
        for field in fields(Standing)
        if field.name not in ("status", "purposes", "lives_here")
        and getattr(before, field.name) != getattr(after, field.name)
    ]
    if before.lives_here != after.lives_here and "postcode" not in plain:
        plain.append("postcode")
    consents = [
        f"{purpose}_{'yes' if purpose in after.purposes else 'no'}"
        for purpose in PURPOSES
        if (purpose in before.purposes) != (purpose in after.purposes)
    ]
    return (*plain, *consents, *([after.status] if before.status != after.status else []))


def needs_wish(codes: tuple[str, ...]) -> bool:
    """Whether a change is one only the person can want: a consent given, or a pause ended."""
    return any(code.endswith("_yes") or code == "active" for code in codes)
