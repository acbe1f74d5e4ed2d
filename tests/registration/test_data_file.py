"""The data file: every service says what it has, by event, and the member and the officer get the same."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.registration.data_file.gathering import KEPT_FOR, forget_gathered
from services.registration.tables import DataRequest
from services.results.tables import Suggestion
from services.surveys.audience.tables import MeetingGuest
from shared.events import meetings, notifications, registration, results, surveys
from shared.events.member_data import MemberData
from shared.events.notifications import MattersNamed
from shared.events.registration import ContactChanged, MemberDataRequested, MemberErased, SignInRequested
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox, sign_in
from tests.registration.given import signed_in

RuntimeOf = Callable[..., Awaitable[Runtime]]
PARTS: dict[str, type[MemberData]] = {
    "surveys": surveys.MemberDataGathered,
    "notifications": notifications.MemberDataGathered,
    "meetings": meetings.MemberDataGathered,
    "results": results.MemberDataGathered,
}
_ROWS = Path(__file__).parents[1] / "shared" / "rows_of_0001"


async def insert_rows(rt: Runtime, *tables: str) -> None:
    """The stored example row of each table."""
    statements = (_ROWS / f"{rt.name}.sql").read_text(encoding="utf-8").split(";\n")
    async with rt.transaction() as session:
        for table in tables:
            (statement,) = [statement for statement in statements if f"insert into {rt.name}.{table} (" in statement]
            await (await session.connection()).exec_driver_sql(statement)


async def answer_of(rt: Runtime, member_id: UUID, *matters: UUID, deliver: Deliverer | None = None) -> dict[str, Any]:
    """What a service answers about a member, asked twice (the second time by state sent again)."""
    request: MemberDataRequested | MattersNamed
    request = MemberDataRequested(request_id=new_id(), member_id=member_id, asked_at=rt.now())
    if rt.name == "results":
        request = MattersNamed(request_id=new_id(), member_id=member_id, suggestion_ids=matters)
    deliver = deliver or Deliverer(rt)
    await deliver(request)
    await deliver(request, replay=True)
    answers = [event for event in await outbox(rt, PARTS[rt.name]) if isinstance(event, MemberData)]
    (gathered,) = [answer for answer in answers if answer.request_id == request.request_id]
    assert gathered.member_id == member_id
    return gathered.kept


#: Tables with a member in them that are in no data file, and why.
NOT_IN_THE_FILE = {
    "registration.sign_up": "ends when somebody becomes a member; before that nobody can ask",
    "registration.member_session": "a session of the page the file is asked for on; an hour",
    "registration.erasure_receipt": "written when there is no member any more",
}


def about_a_member(service: str) -> set[str]:
    """Tables of the service with a column that names a member."""
    return {
        f"{service}.{table.name}"
        for table in import_module(f"services.{service}.tables").metadata.tables.values()
        if "member_id" in table.columns
    }


@contextmanager
def tables_read(rt: Runtime) -> Iterator[set[str]]:
    """Tables of the service that statements select from meanwhile."""
    names: set[str] = set()

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            names.update(re.findall(rf"{rt.name}\.[a-z_]+", statement))

    engine = rt.database.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield names
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("service", PARTS)
async def test_each_table_with_a_member_in_it_is_looked_into(runtime_of: RuntimeOf, service: str) -> None:
    rt = await runtime_of(service)
    with tables_read(rt) as names:
        await answer_of(rt, new_id())
    assert about_a_member(service) - names == set(), "a new table is in the data file, or NOT_IN_THE_FILE says why not"
    assert f"{service}.audit_entry" in names


async def test_each_table_of_registration_is_too(rt: Runtime) -> None:
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        with tables_read(rt) as names:
            await client.get(f"/me/data?id={member_id}")
    assert about_a_member("registration") - names == set(NOT_IN_THE_FILE) - names
    assert set(NOT_IN_THE_FILE) <= about_a_member("registration")


async def test_who_of_staff_looked_is_told_by_the_service_they_looked_in(runtime_of: RuntimeOf) -> None:
    rt, member_id = await runtime_of("surveys"), new_id()
    async with browser(rt) as client:
        sign_in(rt, client, "editor")
        assert (await client.get(f"/staff/surveys/paper?member={member_id}")).status_code == 200
    (row,) = (await answer_of(rt, member_id))["looked_at_or_changed_by_staff"]
    assert (row["who"], row["what"]) == ("Siri Stab", "surveys.paper.looked_up")


@pytest.mark.parametrize("service", PARTS)
async def test_a_service_that_keeps_nothing_about_a_member_says_so(runtime_of: RuntimeOf, service: str) -> None:
    assert await answer_of(await runtime_of(service), new_id()) == {}


async def test_surveys_says_who_was_asked_and_never_what_was_answered(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("surveys")
    await insert_rows(rt, "survey", "invitation")
    async with rt.transaction() as session:
        member_id = await session.scalar(sa.text("select member_id from surveys.invitation"))
    content = await answer_of(rt, member_id)
    (row,) = content["invitations"]
    assert row["answered_at"].startswith("2026-11-23T12:00")
    assert row["half_finished_answers"] == "none"
    assert "mails_sent_at" in row


async def test_surveys_says_in_which_group_of_a_meeting_the_member_is(runtime_of: RuntimeOf) -> None:
    rt, ids = await runtime_of("surveys"), [new_id() for _ in range(3)]
    invitation_id, meeting_id, member_id = ids
    guest = MeetingGuest(invitation_id=invitation_id, meeting_id=meeting_id, member_id=member_id, group="control")
    async with rt.transaction() as session:
        session.add(guest)
    assert (await answer_of(rt, member_id))["meetings"] == [{"meeting_id": str(meeting_id), "group": "control"}]


async def test_meetings_says_draws_replies_needs_and_attendance(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("meetings")
    await insert_rows(rt, "meeting", "draw_entry", "invitation")
    member_id = new_id()
    async with rt.transaction() as session:
        for table in ("draw_entry", "invitation"):
            await session.execute(sa.text(f"update meetings.{table} set member_id = :id"), {"id": member_id})
    content = await answer_of(rt, member_id)
    assert [(row["chance"], row["drawn"]) for row in content["draws"]] == [("0.5", "yes")]
    assert [(row["reply"], row["needs"], row["attended"]) for row in content["invitations"]] == [
        ("accepted", "a", "yes")
    ]
    about = {"gender", "age_band", "area", "answer_to_the_call"}
    assert about <= content["draws"][0].keys() & content["invitations"][0].keys(), (
        "each copy is told, not the first only"
    )
    assert {"reply_by", "reminded_at", "had_a_seat", "mail_came_back"} <= content["invitations"][0].keys()


async def test_notifications_says_the_card_every_mail_and_matters_from_the_address(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("notifications")
    member_id, soon = new_id(), rt.now() + timedelta(minutes=10)
    await Deliverer(rt)(
        ContactChanged(member_id=member_id, name="Kari", email="kari@example.org", language="nb"),
        SignInRequested(member_id=member_id, generation=1, send_before=soon, link_expires_at=soon),
    )
    await insert_rows(rt, "correspondent")
    async with rt.transaction() as session:
        await session.execute(sa.text("update notifications.correspondent set email = 'KARI@example.org'"))
    content = await answer_of(rt, member_id)
    assert [row["email"] for row in content["contact_card"]] == ["kari@example.org"]
    assert [(row["about"], row["survey_id"], row["meeting_id"]) for row in content["mails"]] == [("sign_in", "", "")]
    (row,) = content["matters_raised_from_the_address"]
    assert "ikke bekreftet" in row["whose"]
    assert row["by"] == "mail"
    (named,) = await outbox(rt, MattersNamed)
    assert isinstance(named, MattersNamed)
    assert [str(id_) for id_ in named.suggestion_ids] == [row["matter_id"]], (
        "results is told which, and of whose request"
    )
    assert named.member_id == member_id


async def test_results_tells_the_text_of_matters_that_notifications_names_and_of_no_other(
    runtime_of: RuntimeOf,
) -> None:
    rt, ids = await runtime_of("results"), [new_id() for _ in range(40)]
    await insert_rows(rt, "suggestion")
    async with rt.transaction() as session:
        example = await session.scalar(sa.text("select id from results.suggestion"))
        values = {"channel": "form", "language": "nb", "text": "å" * 10_000, "wants_answer": True}
        session.add_all(Suggestion(id=id_, registered_at=rt.now(), **values) for id_ in ids)
    (row,) = (await answer_of(rt, new_id(), example, new_id()))["matters_raised_from_the_address"]
    assert (row["heading"], row["text"], row["answer"]) == ("heading", "text", "answer")
    assert "ikke bekreftet" in row["whose"], "anybody can type anybody's address"
    rows = (await answer_of(rt, member_id := new_id(), *ids))["matters_raised_from_the_address"]
    assert all("ikke bekreftet" in row["whose"] for row in rows)
    assert [len(row.get("text", "")) > 0 for row in rows] == [True] * 24 + [False] * 16, "what one event can hold"
    await Deliverer(rt)(MemberErased(member_id=member_id, erased_at=rt.now()))
    assert len(await outbox(rt, PARTS["results"])) == 1, "whose they are is forgotten"


async def test_the_member_and_the_officer_get_the_same_file_from_all_five(rt: Runtime) -> None:
    async with browser(rt) as resident, browser(rt) as officer:
        member_id = await signed_in(resident, rt)
        sign_in(rt, officer, "dpo")
        person = f"/staff/registration/members/{member_id}"
        await officer.get(person)
        await resident.post("/me/gathering", data={"id": str(member_id)})
        assert "0 av 4" in (await resident.get(f"/me/gathering?id={member_id}")).text
        (request,) = await outbox(rt, MemberDataRequested)
        assert isinstance(request, MemberDataRequested)
        deliver = Deliverer(rt)
        for name, part in PARTS.items():
            if name != "results":
                await deliver(_part(part, request, {"rows": [{"from": name}]}, rt))
        assert "3 av 4" in (await resident.get(f"/me/gathering?id={member_id}")).text
        assert "Venter på results" in (await officer.get(person)).text
        await deliver(_part(PARTS["results"], request, {}, rt))
        assert "4 av 4" in (await resident.get(f"/me/gathering?id={member_id}")).text
        mine = json.loads((await resident.get(f"/me/data?id={member_id}")).content)
        theirs = json.loads((await officer.get(f"{person}/data")).content)
        assert mine["other_services"]["surveys"]["kept"] == {"rows": [{"from": "surveys"}]}
        assert mine["other_services"]["results"]["kept"] == {}
        assert mine["email"] == "kari@example.org"
        assert {row["what"] for row in mine["looked_at_or_changed_by_staff"]} == {"registration.member.seen"}
        del mine["looked_at_or_changed_by_staff"], theirs["looked_at_or_changed_by_staff"]
        assert mine == theirs
        await officer.post(f"{person}/gathering")
        assert len(await outbox(rt, MemberDataRequested)) == 2
        assert "ba om alt om en person" in (await officer.get(person)).text
        move(rt, KEPT_FOR + timedelta(minutes=1))
        await forget_gathered(rt)
        services = json.loads((await resident.get(f"/me/data?id={member_id}")).content)["other_services"]
        assert set(services.values()) == {"has not been asked yet"}


async def test_what_comes_in_after_an_erasure_is_kept_nowhere(rt: Runtime) -> None:
    async with browser(rt) as resident:
        member_id = await signed_in(resident, rt)
        await resident.post("/me/gathering", data={"id": str(member_id)})
        (request,) = await outbox(rt, MemberDataRequested)
        assert isinstance(request, MemberDataRequested)
        await resident.post("/me", data={"id": str(member_id), "action": "leave", "sure": "yes"})
        await Deliverer(rt)(_part(PARTS["surveys"], request, {"rows": [{"from": "surveys"}]}, rt))
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(DataRequest)) == 0
    assert await outbox(rt, registration.MemberDataRequested) == []


def _part(part: type[MemberData], request: MemberDataRequested, records: dict[str, Any], rt: Runtime) -> MemberData:
    return part(request_id=request.request_id, member_id=request.member_id, kept=records, gathered_at=rt.now())
