"""Working through a file: a part a transaction, so that others join meanwhile and a crash loses nothing."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.importing.domain import PART, Preview, shown_as
from services.registration.importing.taking_in import import_members
from services.registration.joining.domain import JoinInput
from services.registration.tables import ImportRow, MemberImport
from shared.database import insert_many
from shared.ids import new_id
from shared.service import Runtime

#: Bad rows kept to be shown; of more, the number says enough.
_MOST_BAD = 500
_KEPT_UNSTARTED = timedelta(days=1)


async def keep_preview(session: AsyncSession, parts: Iterator[Preview], digest: str, now: datetime) -> UUID:
    """Keep what a file holds until staff have looked it over; its id. Raises UnreadableFile."""
    import_id, rows, bad_rows, members, has_consents = new_id(), 0, 0, 0, False
    bad: list[list[object]] = []
    file = MemberImport(id=import_id, digest=digest, rows=0, bad=[], bad_rows=0, has_consents=False, made_at=now)
    session.add(file)
    # Reading takes a while; the pages of others go on.
    while part := await asyncio.to_thread(next, parts, None):
        if part.good:
            await session.execute(
                insert_many(
                    ImportRow,
                    import_id=[import_id] * len(part.good),
                    number=list(range(rows, rows + len(part.good))),
                    shown_as=[shown_as(row.name) for row in part.good],
                    person=[row.model_dump(mode="json") for row in part.good],
                )
            )
        rows += len(part.good)
        bad_rows += len(part.bad)
        members += part.members
        bad += [[line, reasons] for line, reasons in part.bad[: _MOST_BAD - len(bad)]]
        has_consents = part.has_consents
    file.rows, file.bad, file.bad_rows, file.has_consents = rows, bad, bad_rows, has_consents
    file.members_before = members
    return import_id


async def examples(session: AsyncSession, import_id: UUID, most: int) -> Sequence[object]:
    """Rows (person, shown_as) that staff should see, the doubtful ones first."""
    rows = await session.execute(
        sa.select(ImportRow.person, ImportRow.shown_as)
        .where(ImportRow.import_id == import_id)
        .order_by(ImportRow.shown_as, ImportRow.number)
        .limit(most)
    )
    return rows.all()


async def take_in_next(rt: Runtime) -> bool:
    """Take in the next part of the oldest started file; False when nothing is left to do."""
    async with rt.transaction() as session:
        file = await session.scalar(
            sa.select(MemberImport)
            .where(MemberImport.started_at.is_not(None), MemberImport.finished_at.is_(None))
            .order_by(MemberImport.started_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if file is None:
            return False
        part = (
            await session.scalars(
                sa.select(ImportRow).where(ImportRow.import_id == file.id).order_by(ImportRow.number).limit(PART)
            )
        ).all()
        people = [JoinInput.model_validate(row.person) for row in part]
        if not file.has_consents:
            people = [person.model_copy(update={"purposes": tuple(file.purposes)}) for person in people]
        imported = await import_members(session, people, rt.now(), file.reference, welcome=file.welcome)
        file.imported += imported
        file.known += len(part) - imported
        mine = ImportRow.import_id == file.id
        last = part[-1].number if part else -1
        await session.execute(sa.delete(ImportRow).where(mine, ImportRow.number <= last))
        if len(part) < PART:
            file.finished_at = rt.now()
    return True


async def take_in_files(rt: Runtime) -> None:
    """Job: every started file, part after part."""
    while await take_in_next(rt):
        pass


async def forget_unstarted(rt: Runtime) -> None:
    """Job: a file that was looked over and left is forgotten within a day."""
    before = rt.now() - _KEPT_UNSTARTED
    old = sa.select(MemberImport.id).where(MemberImport.started_at.is_(None), MemberImport.made_at < before)
    async with rt.transaction() as session:
        await session.execute(sa.delete(ImportRow).where(ImportRow.import_id.in_(old)))
        await session.execute(
            sa.delete(MemberImport).where(MemberImport.started_at.is_(None), MemberImport.made_at < before)
        )
