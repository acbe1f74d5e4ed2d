"""The data file holds each column of what is kept about a member, or this page says why not."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.data_file.gathering import whole_file
from services.registration.my_page.store import own_page
from shared.ids import new_id
from shared.service import Runtime
from shared.services import SERVICES
from shared.testing import Deliverer
from tests.registration.test_data_file import NOT_IN_THE_FILE, about_a_member, answer_of, insert_rows
from tests.registration.test_retention import A_DRAW

RuntimeOf = Callable[..., Awaitable[Runtime]]
SENDING = (
    *("asked_for_card", "consent", "fence", "lease_until", "link_expires_at"),
    *("not_before", "send_before", "traceparent", "tries", "urgent"),
)
#: Columns that are in no file, and why. Keys are not asked for: they say which row it is, and whose.
LEFT_OUT: dict[str, str] = {
    "registration.member.email_key": "the address once more, as it is compared",
    "registration.member.erased_at": "nobody who has been erased can ask",
    **dict.fromkeys(
        [
            "registration.member.address_number",
            "registration.member.generation",
            "registration.member.opened_generation",
            "surveys.invitation.generation",
            "notifications.contact.address_number",
            "notifications.message.generation",
            "meetings.invitation.generation",
            "results.suggestion.generation",
        ],
        "a number that tells mails, links or addresses apart",
    ),
    "registration.address_change.taken": "would tell that somebody else is a member",
    "registration.draw_proof.proof": "what the part of meetings says of the pool; a file of its own on the own page",
    "surveys.invitation.mode": "goes no further than surveys: an answer on paper among many would name its person",
    "notifications.contact.synthetic": "of a made-up resident; the member is none",
    "notifications.correspondent.created_at": "when it came once more, by the machine's clock",
    "notifications.message.subject_id": "an id; the parts of the others say what the mail was about",
    **dict.fromkeys(
        [f"notifications.message.{name}" for name in SENDING],
        "how a mail is sent, not what is kept of the person",
    ),
    "meetings.draw_candidate.person": "computed from the salt and the member's id, which are told",
    "meetings.invitation.replaces": "an invitation of somebody else",
}
#: Tables that hold something of a member in whose rows the member is named otherwise; the tables ``member`` elsewhere
#: are copies of what registration says.
UNDER_ANOTHER_NAME = {"registration": ["member"], "notifications": ["correspondent"], "results": ["suggestion"]}
#: Two values of columns that take only some.
EITHER: dict[str, tuple[Any, Any]] = {
    "registration.member.status": ("active", "paused"),
    "registration.data_request.parts": ({"surveys": "a"}, {"surveys": "b"}),
    "surveys.invitation.mode": ("link", "paper"),
    "surveys.candidate.outcome": ("drawn", "spared"),
    "notifications.message.state": ("sent", "failed"),
    "meetings.called.state": ("yes", "no"),
    "meetings.called.answer": (None, "b"),
    "meetings.invitation.state": ("accepted", "declined"),
    "meetings.invitation.needs": (None, ["b"]),
    "results.suggestion.state": ("answered", "declined"),
    "notifications.correspondent.email": ("a-email", "b-email"),
}
#: Tables whose rows must be there first.
PARENTS = {"registration": ("survey", "meeting"), "surveys": ("survey",), "meetings": ("meeting", "draw")}
_ID, _OTHER = new_id(), new_id()
_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def either(table: sa.Table, column: sa.Column[Any]) -> tuple[Any, Any]:
    """Two values the column can have."""
    name = f"{table}.{column.name}"
    if name in EITHER:
        return EITHER[name]
    values: dict[type[Any], tuple[Any, Any]] = {
        sa.Boolean: (False, True),
        sa.Integer: (3, 4),
        sa.Float: (0.25, 0.5),
        sa.DateTime: (_NOON, _NOON + timedelta(hours=1)),
        sa.Uuid: (_ID, _OTHER),
        JSONB: ({"a": "a"}, {"a": "b"}),
        sa.Text: (f"a-{column.name}", f"b-{column.name}"),
    }
    kind = column.type.item_type if isinstance(column.type, sa.ARRAY) else column.type
    (pair,) = [pair for of, pair in values.items() if isinstance(kind, of)]
    return ([pair[0]], [pair[1]]) if isinstance(column.type, sa.ARRAY) else pair


def parent_of(table: sa.Table, column: sa.Column[Any]) -> sa.Table | None:
    """The table whose rows the column names, by a foreign key or by its name alone."""
    name = column.name.removesuffix("_id")
    return table.metadata.tables[f"{table.schema}.{name}"] if name in PARENTS.get(table.schema or "", ()) else None


async def add_row(session: AsyncSession, table: sa.Table) -> None:
    """A row with something in each column, of the member ``_ID``."""
    values = {column.name: either(table, column)[0] for column in table.columns}
    for column in table.columns:
        parent = parent_of(table, column)
        if parent is not None:
            values[column.name] = await session.scalar(sa.select(parent.c.id).limit(1))
    await session.execute(sa.insert(table).values(values))


@pytest.mark.parametrize("service", SERVICES)
async def test_each_column_changes_what_the_file_says(runtime_of: RuntimeOf, service: str) -> None:
    rt = await runtime_of(service)
    deliver = Deliverer(rt)
    tables = import_module(f"services.{service}.tables").metadata.tables
    names = about_a_member(service) | {f"{service}.{name}" for name in UNDER_ANOTHER_NAME.get(service, ())}
    looked = [tables[name] for name in sorted(names - set(NOT_IN_THE_FILE))]

    async def told() -> dict[str, Any]:
        if service != "registration":
            return await answer_of(rt, _ID, _ID, deliver=deliver)
        async with rt.transaction() as session:
            page = await own_page(session, _ID)
            return await whole_file(session, page) if page else {}

    async def change(table: sa.Table, column: sa.Column[Any], value: Any) -> dict[str, Any]:
        async with rt.transaction() as session:
            await session.execute(sa.update(table).values({column.name: value}))
        return await told()

    await insert_rows(rt, *(name for name in PARENTS.get(service, ()) if name != "draw"))
    async with rt.transaction() as session:
        if service == "meetings":
            await (await session.connection()).exec_driver_sql(A_DRAW)
        for table in sorted(looked, key=lambda table: table.name != "member"):
            await add_row(session, table)
    before, untold = await told(), set()
    for table in looked:
        for column in table.columns:
            if column.primary_key or column.name == "member_id" or parent_of(table, column) is not None:
                continue
            value, other = either(table, column)
            if await change(table, column, other) == before:
                untold.add(f"{table}.{column.name}")
            assert await change(table, column, value) == before
    assert untold == {name for name in LEFT_OUT if name.startswith(f"{service}.")}, "tell it, or say why not"
