"""Every kind of personal data has an end: docs/retention.md names each, and ten years of clock keep it."""

import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa

from shared.cli import load_service
from shared.mechanism import mechanism
from shared.process import JOBS
from shared.service import Runtime
from shared.services import SERVICES
from shared.testing import move
from tests.registration.test_data_file import insert_rows

ROOT = Path(__file__).parents[2]
#: Columns of these types say nothing of whose they are.
OF_NOBODY = (sa.DateTime, sa.Boolean, sa.Integer, sa.Float, sa.Date)
#: What the document calls the tables all schemas have.
EVERY = "every service"


def tables_of(heading: str) -> Iterator[list[str]]:
    """The lines of the document's table under this heading, each its cells."""
    text = (ROOT / "docs" / "retention.md").read_text(encoding="utf-8")
    (section,) = [part for part in re.split(r"^#+ ", text, flags=re.MULTILINE) if part.startswith(heading)]
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("|")]
    yield from lines[2:]


def rows() -> list[tuple[str, str, str]]:
    """(table or column, job, test) of each kind of data."""
    lines = tables_of("How long personal data are kept")
    return [(where, job, test) for _, wheres, _, _, job, test in lines for where in wheres.split(", ")]


def all_tables() -> dict[str, sa.Table]:
    """Every table by the name the document gives it."""
    own = [(name, import_module(f"services.{name}.tables").metadata) for name in SERVICES]
    schemas = [*own, (EVERY, mechanism("example").metadata)]
    return {f"{name}.{table.name}": table for name, metadata in schemas for table in metadata.tables.values()}


def test_every_column_that_can_hold_something_of_a_person_has_an_end_or_is_said_to_hold_nothing() -> None:
    ends = {where for where, _, _ in rows()}
    nobodys = {table: set(columns.split(", ")) - {"none"} for table, columns, _ in tables_of("What holds nothing")}
    for name, table in all_tables().items():
        texts = {column.name for column in table.columns if not isinstance(column.type, OF_NOBODY)}
        if name in ends:
            assert name not in nobodys, name
        else:
            with_an_end = {column for column in texts if f"{name}.{column}" in ends}
            assert name in nobodys, f"{name}: what it holds of a person, until when, and which job ends it"
            assert nobodys[name] == texts - with_an_end, name
    columns = {f"{name}.{column.name}" for name, table in all_tables().items() for column in table.columns}
    assert ends <= columns | set(all_tables()), "a table or column that is gone"
    assert set(nobodys) <= set(all_tables())


def test_every_job_that_is_written_down_exists_and_so_does_its_test() -> None:
    cases = {kind[0] for kind in KINDS}
    for where, job, test in rows():
        service = where.split(".")[0]
        jobs = JOBS if service == EVERY else load_service(service).jobs
        assert job in {"erasure", "none", *(each.name for each in jobs)}, (where, job)
        if test == "ten years":
            assert where in cases, where
        else:
            assert (ROOT / test).is_file() if job != "none" else test == "none", (where, test)
    assert cases <= {where for where, _, test in rows() if test == "ten years"}


SOME = "'7a86f7a2-43c7-4b9a-bd87-a86557b6fb7e'"
A_DRAW = (
    "insert into meetings.draw (id, meeting_id, state, seats, limits, left_out, method, full_part, asked_at)"
    f" select {SOME}, id, 'ready', 1, '[]', '{{}}', '', '{{}}', '2026-11-23T12:00Z' from meetings.meeting;"
)
AUDITED = A_DRAW + (
    f"insert into meetings.audited_draw values (gen_random_uuid(), {SOME}, 'Ola', 'Siri', '2026-11-23T12:00Z')"
)
FILE = (
    "insert into registration.member_import (id, digest, rows, bad, bad_rows, has_consents, made_at)"
    f" values ({SOME}, '', 1, '[]', 0, true, '2026-11-23T12:00Z');"
    f"insert into registration.import_row (import_id, number, shown_as, person) values ({SOME}, 1, 1, '{{}}')"
)
WRITTEN = (
    "insert into surveys.written_questionnaire (id, current) values ('a', 1);"
    "insert into surveys.written_version (questionnaire_id, version, content, saved_at, saved_by)"
    " values ('a', 1, '{}', '2026-11-23T12:00Z', 'Siri')"
)
ON_BEHALF = (
    "insert into registration.on_behalf (id, member_id, done_at, done_by, what, how, note)"
    " select gen_random_uuid(), id, '2026-11-23T12:00Z', 'Siri', '{}', 'phone', '' from registration.member"
)
ASKED = "values (gen_random_uuid(), 0, gen_random_uuid(), '2026-11-23T12:00Z')"
#: where, example rows, what makes them such a kind, which rows still are somebody's, years they stay.
KINDS = [
    ("surveys.invitation", "survey invitation", "", "member_id is not null", 3),
    ("surveys.candidate", "survey",
     "insert into surveys.candidate (id, survey_id, member_id, salt, leaf, gender, band, mails) select"
     " gen_random_uuid(), id, gen_random_uuid(), 'salt', '', 'female', 'band', 0 from surveys.survey",
     "member_id is not null or salt is not null", 3),
    ("surveys.meeting_guest", "",
     f"insert into surveys.meeting values ({SOME}, '', '2026-12-10T18:00Z');"
     f"insert into surveys.meeting_guest values (gen_random_uuid(), {SOME}, gen_random_uuid())", "true", 3),
    ("surveys.asked_to_meeting", "", f"insert into surveys.asked_to_meeting {ASKED}", "true", 0),
    ("surveys.written_version.saved_by", "", WRITTEN, "saved_by = 'Siri'", 5),
    ("meetings.draw_entry", "meeting draw_entry", "", "member_id is not null", 3),
    ("meetings.invitation", "meeting invitation", "", "member_id is not null", 3),
    ("meetings.invitation", "meeting invitation", "", "needs is not null", 0),
    ("meetings.called", "meeting",
     "insert into meetings.called (id, meeting_id, member_id, state, asked_at) select gen_random_uuid(), id,"
     " gen_random_uuid(), 'yes', '2026-11-23T12:00Z' from meetings.meeting", "member_id is not null", 3),
    ("meetings.draw", "meeting", A_DRAW, "full_part is not null", 3),
    ("meetings.draw_candidate", "meeting",
     A_DRAW + "insert into meetings.draw_candidate (draw_id, number, member_id, leaf, gender, band, area)"
     f" values ({SOME}, 0, gen_random_uuid(), '', '', '', '')", "true", 3),
    ("meetings.audited_draw", "meeting", AUDITED, "true", 3),
    ("meetings.audited_draw.given_by", "meeting", AUDITED, "given_by is not null", 3),
    ("meetings.asked_in_survey", "", f"insert into meetings.asked_in_survey {ASKED}", "true", 0),
    ("notifications.message", "message",
     "update notifications.message set state = 'expired', subject_id = member_id",
     f"member_id is not null or subject_id = {SOME}", 2),
    ("notifications.correspondent", "correspondent", "update notifications.correspondent set answered_at = null",
     "email is not null", 2),
    ("results.answer", "survey answer", "update results.answer set survey_id = (select id from results.survey)",
     "true", 5),
    ("results.suggestion", "suggestion", "update results.suggestion set answered_at = null", "text is not null", 2),
    ("registration.asked", "survey asked",
     "update registration.asked set survey_id = (select id from registration.survey)", "true", 3),
    ("registration.spared", "survey",
     "insert into registration.spared select gen_random_uuid(), gen_random_uuid(), id, 'spared'"
     " from registration.survey", "true", 3),
    ("registration.drawn", "meeting drawn",
     "update registration.drawn set meeting_id = (select id from registration.meeting)", "true", 3),
    ("registration.draw_proof", "meeting",
     "insert into registration.draw_proof select gen_random_uuid(), gen_random_uuid(), id, '{}'"
     " from registration.meeting", "true", 3),
    ("registration.sign_up", "member sign_up",
     "update registration.member set status = 'applicant', erased_at = null", "true", 0),
    ("registration.address_change", "member address_change", "", "true", 0),
    ("registration.data_request", "",
     f"insert into registration.data_request values ({SOME}, {SOME}, '2026-11-23T12:00Z')", "true", 0),
    ("registration.import_row", "", FILE, "true", 0),
    ("registration.on_behalf.done_by", "member", ON_BEHALF, "done_by = 'Siri'", 5),
    ("registration.calendar_feed", "",
     "insert into registration.calendar_feed values ('siri', 'digest', '2026-11-23T12:00Z')", "true", 0),
]  # fmt: skip


@pytest.mark.parametrize(("where", "tables", "then", "somebodys", "years"), KINDS, ids=[kind[0] for kind in KINDS])
async def test_ten_years_end_what_has_an_end(
    runtime_of: Callable[..., Awaitable[Runtime]], where: str, tables: str, then: str, somebodys: str, years: int
) -> None:
    service, table = where.split(".")[:2]
    rt = await runtime_of(service)
    # The day of the example rows.
    move(rt, datetime(2026, 11, 23, 12, tzinfo=UTC) - rt.now())
    await insert_rows(rt, *tables.split())
    async with rt.transaction() as session:
        for statement in filter(None, then.split(";")):
            await session.execute(sa.text(statement))
    still = sa.text(f"select count(*) from {service}.{table} where {somebodys}")
    forgetting = [job for job in rt.service.jobs if re.match("forget_|remove_old", job.name)]

    async def somebodys_rows() -> int:
        async with rt.transaction() as session:
            return await session.scalar(still) or 0

    assert await somebodys_rows() == 1
    lasted = 0
    for year in range(1, 11):
        move(rt, timedelta(days=365, hours=12))
        for job in forgetting:
            await job.run(rt)
        if await somebodys_rows():
            lasted = year
    assert lasted in (years, years - 1), "the year it ends in depends on the example row's own dates"
