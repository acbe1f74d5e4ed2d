"""The rules of joining, as pure functions of values."""

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, field_validator

from services.registration.places import Place, register
from shared.web import rule_broken

PURPOSES = ("surveys", "meetings", "results")
OLDEST_BIRTH_YEAR = 1905


def email_key(email: str) -> str:
    """The form in which two spellings of one address are equal."""
    return unicodedata.normalize("NFKC", email).casefold()


def _email(value: str) -> str:
    local, at, domain = value.rpartition("@")
    if not at or not local or "." not in domain or domain.startswith(".") or domain.endswith("."):
        raise rule_broken("email_form")
    if any(character.isspace() or character in '<>,;:"()[]\\' for character in value) or "@" in local:
        raise rule_broken("email_form")
    return value


class JoinInput(BaseModel):
    """The join form as it must be."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    email: Annotated[str, Field(max_length=254), AfterValidator(_email)]
    year_of_birth: int
    gender: Literal["female", "male", "other"]
    postcode: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    language: Literal["nb", "nn", "en"]
    purposes: tuple[Literal["surveys", "meetings", "results"], ...] = ()
    old_enough: Literal["yes"]
    declared_resident: bool = False

    @field_validator("name")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if "\n" in value or "\t" in value:
            raise rule_broken("one_line")
        return value


@dataclass(frozen=True)
class Residence:
    """What a postcode says about living in the municipality."""

    place: Place | None
    refusal: str | None
    """``unknown_postcode``, ``po_box`` or ``elsewhere``; None when the person may join."""


def judge_residence(postcode: str, municipality: str, *, declared: bool) -> Residence:
    """A PO box is nobody's home; a postcode of another municipality is believed on declaration (borders)."""
    place = register().get(postcode)
    if place is None:
        return Residence(None, "unknown_postcode")
    if place.is_po_box:
        return Residence(place, "po_box")
    if place.municipality != municipality and not declared:
        return Residence(place, "elsewhere")
    return Residence(place, None)


def age_refusal(year_of_birth: int, today: date, minimum_age: int) -> str | None:
    """``too_young``, ``impossible_year`` or None: eligible are those who turn the minimum age this year."""
    if year_of_birth > today.year or year_of_birth < OLDEST_BIRTH_YEAR:
        return "impossible_year"
    if today.year - year_of_birth < minimum_age:
        return "too_young"
    return None


#: Bokmål texts by field and error, for the summary and beside the field.
MESSAGES = {
    "name": "Navn må fylles ut",
    "name.string_too_long": "Navn kan ha høyst {max_length} tegn",
    "one_line": "Navn må stå på én linje",
    "email": "E-post må fylles ut",
    "email_form": "E-post må skrives slik: navn@eksempel.no",
    "email.string_too_long": "E-post kan ha høyst {max_length} tegn",
    "year_of_birth": "Fødselsår må skrives med fire sifre, for eksempel 1985",
    "gender": "Kjønn må velges",
    "postcode": "Postnummer må ha fire sifre",
    "language": "Språk må velges",
    "purposes": "Velg hva du vil bli spurt om fra listen",
    "old_enough": "Du må bekrefte at du har fylt 15 år",
}
REFUSALS = {
    "unknown_postcode": ("postcode", "Postnummer finnes ikke. Sjekk at du har skrevet riktig"),
    "po_box": ("postcode", "Postnummer gjelder en postboks. Skriv postnummeret der du bor"),
    "elsewhere": (
        "declared_resident",
        "Postnummeret ligger i en annen kommune. Kryss av hvis du likevel bor i kommunen",
    ),
    "too_young": ("year_of_birth", "Du må fylle minst 15 år i år for å bli med"),
    "impossible_year": ("year_of_birth", "Fødselsår må skrives med fire sifre, for eksempel 1985"),
}
