"""The rules of joining, as pure functions of values."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationInfo, field_validator

from services.registration.places import Place, register
from shared.addresses import checked_address
from shared.characters import plain
from shared.rules import N_, ONE_LINE, rule_broken

#: What a member may consent to be asked or told about.
Purpose = Literal["surveys", "meetings", "results"]
OLDEST_BIRTH_YEAR = 1905


@dataclass(frozen=True)
class Rules:
    """What a municipality decides about who may join; given as pydantic's context."""

    numbers: tuple[str, ...]
    """The municipality's, with those it had before a merger; four digits each."""
    today: date
    minimum_age: int
    own_answers: frozenset[str] = frozenset()
    """What may be told about oneself, by the profile's own questions."""


def _plain(value: object) -> object:
    return plain(value) if isinstance(value, str) else value


class DetailsInput(BaseModel):
    """What a member tells about themselves, as it must be; with ``Rules`` as context also as it may be."""

    name: Annotated[str, Field(min_length=1, max_length=100), BeforeValidator(_plain), ONE_LINE]
    email: Annotated[str, Field(max_length=254), AfterValidator(checked_address)]
    year_of_birth: Annotated[int, BeforeValidator(_plain)]
    gender: Literal["female", "male", "other"]
    postcode: Annotated[str, Field(pattern=r"^[0-9]{4}$"), BeforeValidator(_plain)]
    language: Literal["nb", "nn", "en"]
    declared_resident: Annotated[bool, Field(validate_default=True)] = False
    """That the person lives here, kept only where the postcode says otherwise."""

    own_answers: tuple[str, ...] | None = None
    """What the person told by the profile's own questions, each ``question:option``; None where none was asked."""

    @field_validator("own_answers", mode="before")
    @classmethod
    def _as_asked(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, list) or not value:
            return value or None
        rules: Rules | None = info.context
        # One answer to each question; what is asked no more, or was never, is no answer.
        last = {answer.partition(":")[0]: answer for answer in value if rules and answer in rules.own_answers}
        return tuple(sorted(last.values()))

    @field_validator("name")
    @classmethod
    def _has_letters(cls, value: str) -> str:
        if not any(character.isalpha() for character in value):
            raise rule_broken("name")
        return value

    @field_validator("year_of_birth", mode="before")
    @classmethod
    def _four_digits(cls, value: object) -> object:
        if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}", plain(value)):
            raise rule_broken("year_form")
        return value

    @field_validator("year_of_birth")
    @classmethod
    def _right_age(cls, value: int, info: ValidationInfo) -> int:
        rules: Rules | None = info.context
        code = age_refusal(value, rules.today, rules.minimum_age) if rules else None
        if rules and code:
            years = {"oldest": OLDEST_BIRTH_YEAR, "this_year": rules.today.year}
            raise rule_broken(code, minimum_age=rules.minimum_age, **years)
        return value

    @field_validator("postcode")
    @classmethod
    def _where_people_live(cls, value: str, info: ValidationInfo) -> str:
        rules: Rules | None = info.context
        if rules and (code := judge_residence(value, rules.numbers, declared=True).refusal):
            raise rule_broken(code)
        return value

    @field_validator("declared_resident")
    @classmethod
    def _lives_here(cls, value: bool, info: ValidationInfo) -> bool:
        rules: Rules | None = info.context
        if rules is None or "postcode" not in info.data:
            return value
        residence = judge_residence(info.data["postcode"], rules.numbers, declared=value)
        if residence.refusal:
            raise rule_broken(residence.refusal)
        at_home = residence.place is not None and residence.place.municipality in rules.numbers
        return value and not at_home


class JoinInput(DetailsInput):
    """The join form as it must be."""

    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1, max_length=3)]
    old_enough: Literal["yes"]
    kanal: str | None = None
    """Code of the recruitment channel in the link that led here; an unknown one is no error."""


@dataclass(frozen=True)
class Residence:
    """What a postcode says about living in the municipality."""

    place: Place | None
    refusal: str | None
    """``unknown_postcode``, ``po_box`` or ``elsewhere``; None when the person may join."""


def judge_residence(postcode: str, numbers: tuple[str, ...], *, declared: bool) -> Residence:
    """A PO box is nobody's home; a postcode of another municipality is believed on declaration (borders)."""
    place = register().get(postcode)
    if place is None:
        return Residence(None, "unknown_postcode")
    if place.is_po_box:
        return Residence(place, "po_box")
    if place.municipality not in numbers and not declared:
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
    "name": N_("Navn må fylles ut"),
    "name.string_too_long": N_("Navn kan ha høyst {max_length} tegn"),
    "name.one_line": N_("Navn må stå på én linje"),
    "email": N_("E-post må fylles ut"),
    "email_form": N_("E-post må skrives slik: navn@eksempel.no. Foran @ kan det ikke stå æ, ø eller å"),
    "email.string_too_long": N_("E-post kan ha høyst {max_length} tegn"),
    "year_of_birth": N_("Fødselsår må skrives med fire sifre, for eksempel 1985"),
    "year_form": N_("Fødselsår må skrives med fire sifre, for eksempel 1985"),
    "impossible_year": N_("Fødselsår må være et år fra {oldest} til {this_year}"),
    "too_young": N_("Du må fylle minst {minimum_age} år i år for å bli med"),
    "gender": N_("Kjønn må velges"),
    "postcode": N_("Postnummer må ha fire sifre"),
    "unknown_postcode": N_("Postnummeret finnes ikke. Sjekk at du har skrevet riktig"),
    "po_box": N_("Postnummeret gjelder en postboks. Skriv postnummeret der du bor"),
    "elsewhere": N_("Postnummeret ligger i en annen kommune. Kryss av hvis du likevel bor i kommunen"),
    "language": N_("Språk må velges"),
    "purposes": N_("Velg hva du vil bli spurt om fra listen"),
    "purposes.missing": N_("Velg minst én ting du vil bli spurt om"),
    "purposes.too_short": N_("Velg minst én ting du vil bli spurt om"),
    "old_enough": N_("Bekreft at du har fylt {minimum_age} år"),
    # Where the municipality words the box itself.
    "old_enough.worded": N_("Bekreft dette: «{age_wording}»"),
}
