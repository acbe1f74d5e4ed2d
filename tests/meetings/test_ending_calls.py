"""A call that ends early, another after it, and the pool that both make, counted as staff see it."""

from collections import Counter
from datetime import timedelta

import httpx

from services.meetings.calling.answering import answer_call
from services.meetings.calling.sending import send_calls
from services.meetings.seats.pool import heads_of_pool, newest_margins, pool_of
from shared.service import Runtime
from shared.testing import Deliverer, browser, move
from tests.meetings.given import a_committed_draw, a_meeting, fresh, joined, many, margins
from tests.meetings.test_calling import OPTIONS, QUESTION, a_call, called, says


async def test_the_pool_that_staff_see_counted_is_the_one_that_is_drawn_from(rt: Runtime, deliver: Deliverer) -> None:
    rt.profile = rt.profile.with_choices({"contact_cap": 1})
    await deliver(margins(), *many(rt.now(), 24), joined(rt.now(), status="paused"), joined(rt.now(), purposes=()))
    people = await a_call(rt, await a_meeting(rt), {"gender": ["female"]})
    called_too = await a_meeting(rt, rest_days=30)
    rows = [row for row in await a_call(rt, called_too, question=QUESTION) if row.meeting_id == called_too.id]
    for place, row in enumerate(rows):
        await says(rt, [row], "no" if place % 3 else "yes", OPTIONS[place % 2])
    counts: list[Counter[str]] = []
    for meeting in (await a_meeting(rt), await fresh(rt, called_too.id)):
        async with rt.transaction() as session:
            figures = await newest_margins(session)
            pool = await pool_of(session, meeting, figures, rt.now(), 1)
            heads, left_out = await heads_of_pool(session, meeting, figures, rt.now(), 1)
        assert (heads, left_out) == (pool.heads, pool.left_out)
        assert sum(heads.values()) == len(pool.people)
        counts.append(Counter(left_out))
    assert counts == [
        {"capped": 24, "paused": 1, "unwilling": 1},
        {"uncalled": 24 - len(rows[::3]), "paused": 1, "unwilling": 1},
    ]
    assert len(people) + len(rows) == 24


async def test_a_call_that_has_lasted_long_enough_is_ended_in_public(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 12))
    meeting = await a_meeting(rt, seats=4)
    rows = await a_call(rt, meeting)
    until = (await fresh(rt, meeting.id)).called_until
    await says(rt, rows[:8], "yes")
    path = f"/staff/meetings/{meeting.id}"
    assert f'href="{path}/call/end"' in (await editor.get(path)).text
    question = (await editor.get(path + "/call/end")).text
    assert "Ikke svart</dt><dd>4</dd>" in question
    assert "De som ikke har svart, har fått beskjed om" in question
    await editor.post(path + "/call/end")
    assert (await fresh(rt, meeting.id)).called_until == until, "not before it is confirmed"
    for _ in range(2):
        assert (await editor.post(path + "/call/end", data={"confirmed": "yes"})).status_code == 303
    page = (await editor.get(path)).text
    assert "Det ble avsluttet før tiden" in page
    assert page.count("avsluttet oppropet før tiden") == 1, "once in the trail, by whom"
    assert (await editor.get(path + "/call/end")).status_code == 303
    async with rt.transaction() as session:
        assert not await answer_call(session, rows[8].id, "yes", None, rt.now())
    async with browser(rt) as client:
        public = (await client.get(f"/meetings/{meeting.slug}")).text
        assert "Kommunen avsluttet oppropet før tiden." in public
        token = rt.links.make("meeting", rows[8].id, 1, meeting.ends_at)
        late = (await client.get(f"/meetings/answer/{token}", follow_redirects=True)).text
        assert "Kommunen avsluttet oppropet før dagen vi skrev til deg." in late
    draw = await a_committed_draw(rt, await fresh(rt, meeting.id))
    assert draw.left_out == {"uncalled": 4}


async def test_too_few_volunteers_are_followed_by_a_call_to_others(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 12))
    meeting = await a_meeting(rt, seats=6)
    women = await a_call(rt, meeting, {"gender": ["female"]}, QUESTION)
    await says(rt, women[:2], "yes", OPTIONS[0])
    path, form = f"/staff/meetings/{meeting.id}", {"last_day": (rt.today() + timedelta(days=5)).isoformat()}
    assert "Send et opprop til" not in (await editor.get(path)).text
    assert (await editor.get(path + "/call")).status_code == 303, "one at a time"
    move(rt, timedelta(days=3, minutes=1))
    assert "Send et opprop til" in (await editor.get(path)).text
    page = (await editor.get(path + "/call")).text
    assert "Dette spør andre enn sist." in page
    assert QUESTION in page
    assert 'name="question"' not in page, "some have answered the first one"
    assert "Send oppropet til 6?" in (await editor.post(path + "/call", data=form)).text, "nobody is asked twice"
    await editor.post(path + "/call", data={**form, "question": "Et annet?", "options": "A\nB", "confirmed": "yes"})
    await send_calls(rt)
    everybody = await called(rt)
    assert len({row.member_id for row in everybody}) == len(everybody) == 12
    again = await fresh(rt, meeting.id)
    assert again.call is not None
    assert again.call["question"] == QUESTION
    await says(rt, [women[5]], "yes", OPTIONS[1])
    await says(rt, [row for row in everybody if row.id not in {woman.id for woman in women}], "yes", OPTIONS[1])
    move(rt, timedelta(days=3))
    draw = await a_committed_draw(rt, await fresh(rt, meeting.id))
    assert draw.left_out == {"uncalled": 3}, "those who said yes first are still with us, and a late yes counts"
