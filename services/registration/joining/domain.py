"""The rules of joining, as pure functions of values."""

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, Field, field_validator

from services.registration.places import Place, register
from shared.rules import N_, rule_broken
from shared.web import checked_address

OLDEST_BIRTH_YEAR = 1905


def email_key(email: str) -> str:
    """The form in which two spellings of one address are equal."""
    return unicodedata.normalize("NFKC", email).casefold()


class DetailsInput(BaseModel):
    """What a member tells about themselves, as it must be."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    email: Annotated[str, Field(max_length=254), AfterValidator(checked_address)]
    year_of_birth: int
    gender: Literal["female", "male", "other"]
    postcode: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    language: Literal["nb", "nn", "en"]
    declared_resident: bool = False

    @field_validator("name")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if len(value.splitlines()) > 1 or "\t" in value:
            raise rule_broken("one_line")
        if not any(character.isalpha() for character in value):
            raise rule_broken("name")
        return value


class JoinInput(DetailsInput):
    """The join form as it must be."""

    purposes: tuple[Literal["surveys", "meetings", "results"], ...] = ()
    old_enough: Literal["yes"]
    kanal: str | None = None
    """Code of the recruitment channel in the link that led here; an unknown one is no error."""


Details = TypeVar("Details", bound=DetailsInput)


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


def needed_declaration(details: Details, municipality: str) -> Details:
    """The details without a declaration of living here where the postcode says so already."""
    place = register().get(details.postcode)
    at_home = place is not None and place.municipality == municipality
    return details.model_copy(update={"declared_resident": False}) if at_home else details


def refusals(details: DetailsInput, municipality: str, today: date, minimum_age: int) -> list[str]:
    """Codes of ``REFUSALS`` for what is well-formed and still cannot be."""
    residence = judge_residence(details.postcode, municipality, declared=details.declared_resident)
    found = (age_refusal(details.year_of_birth, today, minimum_age), residence.refusal)
    return [code for code in found if code is not None]


def age_refusal(year_of_birth: int, today: date, minimum_age: int) -> str | None:
    """``too_young``, ``impossible_year`` or None: eligible are those who turn the minimum age this year."""
    if year_of_birth > today.year or year_of_birth < OLDEST_BIRTH_YEAR:
        return "impossible_year"
    if today.year - year_of_birth < minimum_age:
        return "too_young"
    return None


#: Bokmål texts by field and error, for the summary and beside the field.
MESSAGES = {
    "name": N_("Navn må fylles ut"),
    "name.string_too_long": N_("Navn kan ha høyst {max_length} tegn"),
    "one_line": N_("Navn må stå på én linje"),
    "email": N_("E-post må fylles ut"),
    "email_form": N_("E-post må skrives slik: navn@eksempel.no. Foran @ kan det ikke stå æ, ø eller å"),
    "email.string_too_long": N_("E-post kan ha høyst {max_length} tegn"),
    "year_of_birth": N_("Fødselsår må skrives med fire sifre, for eksempel 1985"),
    "gender": N_("Kjønn må velges"),
    "postcode": N_("Postnummer må ha fire sifre"),
    "language": N_("Språk må velges"),
    "purposes": N_("Velg hva du vil bli spurt om fra listen"),
    "old_enough": N_("Kryss av for at du er gammel nok"),
}
REFUSALS = {
    "unknown_postcode": ("postcode", N_("Postnummer finnes ikke. Sjekk at du har skrevet riktig")),
    "po_box": ("postcode", N_("Postnummer gjelder en postboks. Skriv postnummeret der du bor")),
    "elsewhere": (
        "declared_resident",
        N_("Postnummeret ligger i en annen kommune. Kryss av hvis du likevel bor i kommunen"),
    ),
    "too_young": ("year_of_birth", N_("Du må fylle minst {minimum_age} år i år for å bli med")),
    "impossible_year": ("year_of_birth", N_("Fødselsår må skrives med fire sifre, for eksempel 1985")),
}
