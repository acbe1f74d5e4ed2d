"""The documented work: everything the panel has done, newest first, by year, each with what it led to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.follow_ups.store import PATHS, all_of_them
from services.results.tables import FollowUp, Meeting, Publication, Suggestion, Survey
from shared.rules import last_day
from shared.web import N_, Request, Response, render, runtime
from shared.web.i18n import Language
from shared.web.pages import translate

#: What staff wrote, by language; in Bokmål where it is one text.
Texts = Mapping[str, str] | str


@dataclass(frozen=True)
class Entry:
    """One line of the work: what was done that day, and where it stands."""

    at: datetime
    what: str
    title: Texts
    link: str | None
    led_to: Texts | None
    """What it led to: empty while nothing yet, None where nothing can follow."""

    def on(self, texts: Language) -> date:
        """The installation's day."""
        return self.at.astimezone(texts.zone).date()


async def entries(session: AsyncSession, texts: Language) -> list[Entry]:
    """Everything, newest first; made of copies of events and of what results itself owns."""
    texts_of: dict[UUID, Texts] = {row.about_id: row.done for row in reversed(await all_of_them(session))}
    lines = [
        *await _surveys(session, texts, texts_of),
        *await _meetings(session, texts, texts_of),
        *await _suggestions(session, texts, texts_of),
        *await _follow_ups(session, texts),
    ]
    return sorted(lines, key=lambda entry: entry.at, reverse=True)


async def _surveys(session: AsyncSession, texts: Language, outcomes: dict[UUID, Texts]) -> list[Entry]:
    lines = []
    rows = await session.execute(
        sa.select(Survey, Publication).outerjoin(Publication, Publication.survey_id == Survey.id)
    )
    for survey, publication in rows:
        title = survey.questionnaire.title.by_language if survey.questionnaire else ""
        if survey.opened_at:
            words = texts.gettext(N_("En undersøkelse åpnet"))
            lines.append(Entry(survey.opened_at, words, title, "/surveys", None))
        if ended_at := survey.closed_at:
            sentence = texts.gettext(N_("En undersøkelse stengte, {n} hadde svart")).format(n=survey.answered or 0)
            lines.append(Entry(last_day(survey.closes_at or ended_at, ended_at), sentence, title, None, None))
        if publication:
            what, link = texts.gettext(N_("Et resultat ble klart")), PATHS["survey"] + publication.slug
            led_to = outcomes.get(survey.id, "")
            lines.append(Entry(publication.published_at, what, title, link, led_to))
    return lines


async def _meetings(session: AsyncSession, texts: Language, outcomes: dict[UUID, Texts]) -> list[Entry]:
    what = {
        "announced": N_("Et møte er planlagt"),
        "drawn": N_("Deltakere er trukket ut til et møte"),
        "held": N_("Et møte ble holdt"),
        "minuted": N_("Et møte ble holdt, og referatet er klart"),
        "cancelled": N_("Et møte ble avlyst"),
    }
    lines = []
    for meeting in await session.scalars(sa.select(Meeting).where(Meeting.starts_at.is_not(None))):
        assert meeting.starts_at is not None
        event = texts.gettext(what.get(meeting.status or "", what["announced"]))
        link = PATHS["meeting"] + meeting.slug if meeting.slug else None
        led_to = outcomes.get(meeting.id, "") if meeting.status in ("held", "minuted") else None
        lines.append(Entry(meeting.starts_at, event, meeting.heading or "", link, led_to))
    return lines


async def _suggestions(session: AsyncSession, texts: Language, outcomes: dict[UUID, Texts]) -> list[Entry]:
    lines = []
    for case in await session.scalars(sa.select(Suggestion).where(Suggestion.slug.is_not(None))):
        at = case.answered_at or case.registered_at
        what = N_("En sak ble besvart") if case.answered_at else N_("En sak kom inn")
        link = PATHS["suggestion"] + (case.slug or "")
        led_to = outcomes.get(case.id, "")
        lines.append(Entry(at, texts.gettext(what), case.public_heading or "", link, led_to))
    return lines


async def _follow_ups(session: AsyncSession, texts: Language) -> list[Entry]:
    return [
        Entry(_at(row, texts), texts.gettext(N_("Kommunen fulgte opp")), row.done, PATHS[row.about] + row.slug, None)
        for row in await all_of_them(session)
    ]


def _at(follow_up: FollowUp, texts: Language) -> datetime:
    """The recording's time on the same day, else noon of the day, so that it never precedes what it follows up."""
    recorded_at = follow_up.recorded_at.astimezone(texts.zone)
    same_day = recorded_at.date() == follow_up.done_on
    return recorded_at if same_day else datetime.combine(follow_up.done_on, time(12), texts.zone)


async def show_work(request: Request) -> Response:
    """By year, newest first."""
    async with runtime(request).transaction() as session:
        texts = translate(request)
        newest_first = await entries(session, texts)
    years = [(year, list(lines)) for year, lines in groupby(newest_first, key=lambda entry: entry.on(texts).year)]
    return render(request, "results/work.html", {"years": years})
