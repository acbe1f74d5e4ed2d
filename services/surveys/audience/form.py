"""The audience part of the plan form: chosen from lists, with only a date and a number to type."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.audience.domain import NONE, Audience
from services.surveys.audience.tables import Meeting
from services.surveys.fieldwork.curve import survey_title
from services.surveys.fieldwork.store import all_surveys
from services.surveys.planning.planning import named_areas
from shared.strata import PEOPLE
from shared.web.forms import FormErrors
from shared.web.i18n import NAMES, Language

#: Fields of which several values may be chosen.
LISTS = ("genders", "areas", "languages")
_YOUNGEST, _OLDEST = 13, 100

MESSAGES = {
    "genders": "Velg blant kjønnene på listen.",
    "age_from": "Velg alderen på listen.",
    "age_to": "Velg alderen på listen.",
    "ages_crossed": "Høyeste alder kan ikke være lavere enn laveste alder.",
    "areas": "Velg blant områdene på listen.",
    "languages": "Velg blant språkene på listen.",
    "joined_since": "Skriv dagen som dag, måned og år, eller la feltet stå tomt.",
    "took_part": "Velg en undersøkelse eller et møte på listen.",
    "who": "Velg om alle skal spørres eller om noen skal trekkes ut.",
    "sample_size": "Skriv hvor mange som skal trekkes ut, som et helt tall fra 1.",
}


class AudienceInput(BaseModel):
    """Who is asked; days are ISO dates, empty lists ask for nothing."""

    genders: tuple[Literal["female", "male", "other"], ...] = ()
    age_from: Annotated[int | None, Field(ge=_YOUNGEST, le=_OLDEST)] = None
    age_to: Annotated[int | None, Field(ge=_YOUNGEST, le=_OLDEST)] = None
    areas: tuple[str, ...] = ()
    languages: tuple[Literal["nb", "nn", "en", "none"], ...] = ()
    joined_since: date | None = None
    took_part: str = ""
    """``survey:<id>`` or ``meeting:<id>``."""
    who: Literal["everybody", "sample"] = "everybody"
    sample_size: Annotated[int | None, Field(ge=1, le=1_000_000)] = None

    @property
    def size(self) -> int | None:
        """How many are drawn; None for everybody."""
        return self.sample_size if self.who == "sample" else None

    def audience(self, zone: ZoneInfo) -> Audience:
        """The filter; a day begins at its midnight in ``zone``."""
        kind, _, id_ = self.took_part.partition(":")
        part: dict[str, object] = {kind: UUID(id_)} if id_ else {}
        since = datetime.combine(self.joined_since, time(), zone) if self.joined_since else None
        fields = self.model_dump(include={"genders", "age_from", "age_to", "areas", "languages"})
        return Audience(**fields, joined_since=since, **part)


@dataclass(frozen=True)
class Choices:
    """What there is to choose among, (value, name) each."""

    areas: list[tuple[str, str]]
    parts: list[tuple[str, str]]
    """Surveys and meetings."""

    @property
    def lists(self) -> dict[str, object]:
        """Every list of the form."""
        years = [("", "Alle aldre"), *((str(age), f"{age} år") for age in range(_YOUNGEST, _OLDEST + 1))]
        return {
            "genders": list(PEOPLE.items()),
            "ages": years,
            "areas": [*self.areas, (NONE, "Utenfor områdene")] if self.areas else [],
            "languages": [*NAMES.items(), (NONE, "Ikke kjent")],
            "parts": [("", "Ingen bestemt"), *self.parts] if self.parts else [],
        }

    def errors(self, values: AudienceInput) -> FormErrors:
        """Errors: choices that are on no list, or do not go together."""
        wrong: FormErrors = {}
        if set(values.areas) - {NONE, *dict(self.areas)}:
            wrong["areas"] = MESSAGES["areas"]
        if values.took_part and values.took_part not in dict(self.parts):
            wrong["took_part"] = MESSAGES["took_part"]
        if values.age_from is not None and values.age_to is not None and values.age_from > values.age_to:
            wrong["age_to"] = MESSAGES["ages_crossed"]
        if values.who == "sample" and values.sample_size is None:
            wrong["sample_size"] = MESSAGES["sample_size"]
        return wrong


async def choices_of(session: AsyncSession, language: Language, now: datetime) -> Choices:
    """Areas there are, surveys that have opened, and meetings that have begun, newest first."""
    surveys = [
        (f"survey:{survey.id}", f"Undersøkelse: {survey_title(survey)} ({language.date(survey.opened_at)})")
        for survey in await all_surveys(session)
        if survey.opened_at is not None
    ]
    statement = sa.select(Meeting).where(Meeting.starts_at <= now).order_by(Meeting.starts_at.desc())
    meetings = [
        (f"meeting:{meeting.id}", f"Møte: {meeting.heading} ({language.date(meeting.starts_at)})")
        for meeting in await session.scalars(statement)
    ]
    return Choices(await named_areas(session), surveys + meetings)
