"""The calendar file follows the meeting: each mail about a move or an end leads to the file that replaces the last."""

from datetime import timedelta

from icalendar import Calendar

from services.meetings.locks import lock_meeting
from services.meetings.planning.announcing import Plan, change_meeting
from services.meetings.planning.cancelling import cancel_meeting
from services.meetings.planning.domain import Times
from services.meetings.seats.answering import Reply
from shared.events.meetings import MeetingNoticeDue
from shared.service import Runtime
from shared.testing import Deliverer, browser, outbox
from tests.meetings.given import a_drawn_meeting, fresh, invitations, many, margins, reply


async def test_each_mail_about_a_move_or_an_end_leads_to_the_file_that_replaces_the_last(
    rt: Runtime, deliver: Deliverer
) -> None:
    await deliver(margins(), *many(rt.now(), 12))
    meeting = await a_drawn_meeting(rt)
    row = (await invitations(rt))[0]
    await reply(rt, row, Reply.YES)
    starts = meeting.starts_at + timedelta(days=1)
    async with rt.transaction() as session:
        meeting_row = await lock_meeting(session, meeting.id)
        assert meeting_row is not None
        times = Times(starts, starts + timedelta(hours=2), meeting_row.reply_by)
        await change_meeting(
            session, meeting_row, Plan("Torget", "Hva?", "", "Her", "", 6, 48, 0, starts.date(), times)
        )
    async with rt.transaction() as session:
        await cancel_meeting(session, meeting.id, rt.now())
    notices = {fact.notice: fact for fact in await outbox(rt, MeetingNoticeDue) if isinstance(fact, MeetingNoticeDue)}
    assert set(notices) == {"changed", "cancelled"}
    for notice in notices.values():
        assert notice.link_expires_at is not None
        async with browser(rt) as client:
            token = rt.links.make("meeting", notice.notice_id, notice.generation, notice.link_expires_at)
            page = await client.get(f"/meetings/answer/{token}", follow_redirects=True)
            assert "Ta møtet ut av kalenderen" in page.text
            file = await client.get(f"/meetings/answer/calendar.ics?id={row.id}")
        calendar = Calendar.from_ical(file.content)
        (event,) = calendar.walk("VEVENT")
        assert calendar["METHOD"] == "CANCEL"
        assert event["STATUS"] == "CANCELLED"
        assert event["SEQUENCE"] == 2, "a move is one version, the end another"
        assert event["UID"] == f"{meeting.id}@innbyggerpanel"
        assert event["DTSTART"].dt == (await fresh(rt, meeting.id)).starts_at.replace(microsecond=0)
