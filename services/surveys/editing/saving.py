"""Questionnaires as staff write them: numbered versions that stay, one of them the current."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.editing.domain import Content
from services.surveys.tables import Survey, WrittenQuestionnaire, WrittenVersion
from shared.database import hold
from shared.events.questionnaire import LANGUAGES, Questionnaire, strict
from shared.ids import random_id
from shared.rules import on_one_line, without_refused_characters
from shared.slugs import slug
from shared.web.i18n import Language


@dataclass(frozen=True)
class Written:
    """A questionnaire at one version."""

    row: WrittenQuestionnaire
    version: WrittenVersion

    @property
    def content(self) -> Content:
        """What the version holds."""
        return dict(self.version.content)

    @property
    def is_ready(self) -> bool:
        """The current version has been marked as ready."""
        return self.row.ready == self.row.current

    @property
    def state(self) -> str:
        """``retired``, ``ready`` or ``draft``."""
        return "retired" if self.row.retired_at else "ready" if self.is_ready else "draft"

    def changed(self, texts: Language) -> str:
        """What tells it apart from another of the same title: ``endret 12. mars 2027 kl. 14:05 av Kari``."""
        return f"endret {texts.datetime(self.version.saved_at)} av {self.version.saved_by}"


async def written(session: AsyncSession, id_: str, *, hold: bool = False) -> Written | None:
    """The questionnaire at its current version; with ``hold`` nobody else changes it until the transaction ends."""
    statement = sa.select(WrittenQuestionnaire).where(WrittenQuestionnaire.id == id_)
    row = await session.scalar(statement.with_for_update() if hold else statement)
    if row is None:
        return None
    version = await session.get_one(WrittenVersion, (id_, row.current))
    return Written(row, version)


async def version_of(session: AsyncSession, id_: str, number: int) -> WrittenVersion | None:
    """One version, current or not."""
    return await session.get(WrittenVersion, (id_, number))


async def all_written(session: AsyncSession) -> list[Written]:
    """Every questionnaire staff have begun, the last changed first."""
    rows = await session.execute(
        sa.select(WrittenQuestionnaire, WrittenVersion)
        .join(
            WrittenVersion,
            (WrittenVersion.questionnaire_id == WrittenQuestionnaire.id)
            & (WrittenVersion.version == WrittenQuestionnaire.current),
        )
        .order_by(WrittenVersion.saved_at.desc())
    )
    return [Written(row, version) for row, version in rows]


def new_mark() -> str:
    """What a form that begins a questionnaire carries, so that the second click of two begins none."""
    return random_id().hex[:6]


def new_id_of(title: str, mark: str | None) -> str:
    """An id made of the title and the form's mark: the same for two clicks, and nobody else's."""
    stem = slug(title)[:30].strip("-") or "skjema"
    ending = mark if mark and re.fullmatch(r"[0-9a-f]{6}", mark) else new_mark()
    return f"{stem if stem[0].isalpha() else f's-{stem[:28]}'}-{ending}"


def cleaned(part: Any, name: str = "") -> Any:
    """A questionnaire's content as forms take it, wherever it comes from: on one line each text but the introduction,
    whose form has several, and without the characters no form takes.
    """
    if isinstance(part, list):
        return [cleaned(each, name) for each in part]
    if isinstance(part, dict):
        return {key: cleaned(value, name if key in LANGUAGES else key) for key, value in part.items()}
    if not isinstance(part, str):
        return part
    lines = without_refused_characters(part).splitlines() if name == "introduction" else [part]
    return without_refused_characters("\n".join(map(on_one_line, lines)))


async def begin(session: AsyncSession, content: Content, by: str, now: datetime) -> bool:
    """Store a new questionnaire; False when a first click has."""
    content = cleaned(content)
    await hold(session, f"questionnaire {content['id']}")
    if await written(session, content["id"]) is not None:
        return False
    session.add(WrittenQuestionnaire(id=content["id"], current=1))
    await session.flush()
    session.add(WrittenVersion(questionnaire_id=content["id"], version=1, content=content, saved_at=now, saved_by=by))
    return True


async def save(session: AsyncSession, draft: Written, content: Content, by: str, now: datetime) -> int:
    """A new version after the held one; its number. Nothing is stored when nothing has changed."""
    content = cleaned(content)
    if content == draft.version.content:
        return draft.row.current
    last = await session.scalar(
        sa.select(sa.func.max(WrittenVersion.version)).where(WrittenVersion.questionnaire_id == draft.row.id)
    )
    number = (last or 0) + 1
    session.add(
        WrittenVersion(
            questionnaire_id=draft.row.id,
            version=number,
            based_on=draft.row.current,
            content={**content, "version": number},
            saved_at=now,
            saved_by=by,
        )
    )
    draft.row.current = number
    return number


def undo(draft: Written) -> bool:
    """Back to the version before; False at the first one."""
    if draft.version.based_on is None:
        return False
    draft.row.current = draft.version.based_on
    return True


async def ids_in_use(session: AsyncSession) -> dict[str, str]:
    """Questionnaire id -> ``open`` or ``planned`` or ``closed``, by its surveys' furthest state."""
    rows = await session.execute(
        sa.select(Survey.questionnaire_id, Survey.state).where(Survey.state != "cancelled").distinct()
    )
    order = ("closed", "planned", "open")
    state_of: dict[str, str] = {}
    for id_, name in rows:
        state = name if name in order else "open"
        state_of[id_] = max(state_of.get(id_, state), state, key=order.index)
    return state_of


async def questionnaire_to_show(
    session: AsyncSession, id_: str, shelf: Mapping[str, Questionnaire]
) -> Questionnaire | None:
    """The questionnaire residents would get, a written one or one on the shelf; None where texts are still missing."""
    draft = await written(session, id_)
    if draft is None:
        return shelf.get(id_)
    try:
        return strict(draft.content)
    except ValueError:
        return None


async def questionnaires_to_ask(session: AsyncSession, shelf: Mapping[str, Questionnaire]) -> dict[str, Questionnaire]:
    """Questionnaires a survey can be planned with, by id: those marked as ready, and those on the shelf."""
    rows: Sequence[Any] = (
        await session.execute(
            sa.select(WrittenVersion.content)
            .join(
                WrittenQuestionnaire,
                (WrittenVersion.questionnaire_id == WrittenQuestionnaire.id)
                & (WrittenVersion.version == WrittenQuestionnaire.ready),
            )
            .where(WrittenQuestionnaire.retired_at.is_(None))
            .order_by(WrittenVersion.saved_at.desc())
        )
    ).all()
    ready = [strict(content) for (content,) in rows]
    return {questionnaire.id: questionnaire for questionnaire in ready} | dict(shelf)
