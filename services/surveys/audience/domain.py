"""The audience of a survey: the filter that staff choose, as a rule over the copy of a member."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

#: Chosen among areas: those who live in none; among languages: those whose language has not been told yet.
NONE = "none"


class Audience(BaseModel):
    """A filter over members; what is empty asks for nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    genders: tuple[str, ...] = ()
    age_from: int | None = None
    """The age one turns this year; both ends are included."""
    age_to: int | None = None
    areas: tuple[str, ...] = ()
    """Codes of areas, or ``NONE``."""
    languages: tuple[str, ...] = ()
    """Codes of languages, or ``NONE``."""
    joined_since: datetime | None = None
    survey: UUID | None = None
    """People who took part in this survey."""
    meeting: UUID | None = None
    """Guests who said yes to a place in this meeting and kept it, unless ``group`` names another of its groups."""
    group: str = "guest"
    """``guest``, ``present`` (was there) or ``control`` (was not drawn, and is compared with them)."""

    @property
    def everybody(self) -> bool:
        """Whether it asks for nothing."""
        return self == EVERYBODY


EVERYBODY = Audience()
#: The age one turns this year by which everybody has turned 18: the day of birth is not known.
ADULT = 19


def only_adults(audience: Audience) -> Audience:
    """The same audience without anybody who may be under 18."""
    return audience.model_copy(update={"age_from": max(audience.age_from or 0, ADULT)})


def leaves_minors_out(audience: Audience) -> bool:
    """Whether nobody it lets through may be under 18."""
    return (audience.age_from or 0) >= ADULT


class StratumDrawn(BaseModel):
    """What the draw looked at in one stratum, and what it came to."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    gender: str
    band: str
    area: str | None
    residents: float
    """How many people it stands for."""
    response: float
    """Expected share of answers, between 0 and 1."""
    pool: int
    capped: int
    drawn: int


class Sample(BaseModel):
    """How a sample was drawn, so that it can be drawn again."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    rule: str
    seed: str
    pool_hash: str
    """SHA-256 of the candidates' fingerprints in order, one a line."""
    size: int
    """How many were to be drawn; fewer are when no more could be asked."""
    cap: int
    strata: tuple[StratumDrawn, ...]

    @property
    def pool(self) -> int:
        """Everybody the survey was for."""
        return sum(stratum.pool for stratum in self.strata)

    @property
    def capped(self) -> int:
        """Of them, those who had had enough mails."""
        return sum(stratum.capped for stratum in self.strata)

    @property
    def drawn(self) -> int:
        """Of them, those who are asked."""
        return sum(stratum.drawn for stratum in self.strata)


def is_wanted(
    audience: Audience,
    *,
    gender: str,
    year_of_birth: int,
    area: str | None,
    language: str | None,
    joined_at: datetime,
    took_part: bool,
    year: int,
) -> bool:
    """Whether the filter lets a member through; ``gender`` is the stratum's, ``year`` the one ages are counted in.

    ``took_part``: in the survey or meeting the filter names.
    """
    age = year - year_of_birth
    return (
        (not audience.genders or gender in audience.genders)
        and (audience.age_from is None or age >= audience.age_from)
        and (audience.age_to is None or age <= audience.age_to)
        and (not audience.areas or (area or NONE) in audience.areas)
        and (not audience.languages or (language or NONE) in audience.languages)
        and (audience.joined_since is None or joined_at >= audience.joined_since)
        and (took_part or (audience.survey is None and audience.meeting is None))
    )
