"""Every kind of personal data has an end: docs/retention.md names each, and ten years of clock keep it."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa

from shared.cli import load_service
from shared.service import Runtime
from shared.services import SERVICES
from shared.testing import move
from tests.registration.test_data_file import insert_rows

ROOT = Path(__file__).parents[2]
#: A table with one of these holds something about a person.
ABOUT_A_PERSON = {
    "member_id", "email", "email_key", "person", "sealed", "answers", "year_of_birth", "purposes", "text",
}  # fmt: skip
#: Not one person's: what a file's people consented to; what a survey's or notice's rows say of no one.
NOT_ONE_PERSONS = {"registration.member_import"}


def rows() -> list[tuple[str, str]]:
    """(table, job) of each line of the document."""
    text = (ROOT / "docs" / "retention.md").read_text(encoding="utf-8")
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    return [(cells[1], cells[4]) for cells in lines[2:]]


def test_every_table_about_a_person_has_an_end_that_is_written_down() -> None:
    tables = {
        f"{service}.{table.name}"
        for service in SERVICES
        for table in import_module(f"services.{service}.tables").metadata.tables.values()
        if {column.name for column in table.columns} & ABOUT_A_PERSON
    }
    assert tables - NOT_ONE_PERSONS - {table for table, _ in rows()} == set()


def test_every_job_that_is_written_down_exists() -> None:
    for table, job in rows():
        if job not in ("erasure", "none"):
            assert job in {each.name for each in load_service(table.split(".")[0]).jobs}, (table, job)


#: service, example rows, what makes them lie in the past, how many are still somebody's, years they stay.
KINDS = [
    ("surveys", ("survey", "invitation"), "", "surveys.invitation where member_id is not null", 3),
    ("meetings", ("meeting", "draw_entry"), "", "meetings.draw_entry where member_id is not null", 3),
    ("meetings", ("meeting", "invitation"), "", "meetings.invitation where member_id is not null", 3),
    ("notifications", ("message",), "update notifications.message set state = 'expired'",
     "notifications.message where member_id is not null", 2),
    ("notifications", ("correspondent",), "update notifications.correspondent set answered_at = null",
     "notifications.correspondent where email is not null", 2),
    ("results", ("survey", "answer"), "update results.answer set survey_id = (select id from results.survey)",
     "results.answer", 5),
    ("results", ("suggestion",), "update results.suggestion set answered_at = null",
     "results.suggestion where text is not null", 2),
    ("registration", ("survey", "asked"),
     "update registration.asked set survey_id = (select id from registration.survey)", "registration.asked", 3),
    ("registration", ("meeting", "drawn"),
     "update registration.drawn set meeting_id = (select id from registration.meeting)", "registration.drawn", 3),
    ("registration", ("member", "sign_up"),
     "update registration.member set status = 'applicant', erased_at = null", "registration.sign_up", 0),
]  # fmt: skip


@pytest.mark.parametrize(("service", "tables", "then", "somebodys", "years"), KINDS, ids=lambda kind: str(kind)[:40])
async def test_ten_years_end_what_has_an_end(
    runtime_of: Callable[..., Awaitable[Runtime]],
    service: str,
    tables: tuple[str, ...],
    then: str,
    somebodys: str,
    years: int,
) -> None:
    rt = await runtime_of(service)
    await insert_rows(rt, *tables)
    async with rt.transaction() as session:
        if then:
            await session.execute(sa.text(then))
    forgetting = [job for job in rt.service.jobs if re.match("forget_|remove_old", job.name)]
    lasted = 0
    for year in range(1, 11):
        move(rt, timedelta(days=365, hours=12))
        for job in forgetting:
            await job.run(rt)
        async with rt.transaction() as session:
            if await session.scalar(sa.text(f"select count(*) from {somebodys}")):
                lasted = year
    assert lasted in (years, years - 1), "the year it ends in depends on the example row's own dates"
