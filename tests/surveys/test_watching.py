"""How each page goes, and the staff page that keeps itself up to date."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from services.surveys.fieldwork.closing import close_survey
from services.surveys.sealing import keys_of
from services.surveys.tables import PageCount
from services.surveys.watching import counting
from services.surveys.watching.counting import note_sent, note_shown, store_counts
from shared.service import Runtime
from shared.testing import Deliverer, browser, move
from tests.members import many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins
from tests.surveys.resident import PAGES, enter, post


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests have left in this process."""
    monkeypatch.setattr(counting, "_TALLIES", {})


async def stored(rt: Runtime) -> dict[tuple[int, str], int]:
    async with rt.transaction() as session:
        return {(row.page, row.what): row.number for row in await session.scalars(sa.select(PageCount))}


async def test_nothing_is_stored_before_it_is_about_five_people(rt: Runtime) -> None:
    survey_id, people = uuid4(), [uuid4() for _ in range(5)]
    for person in people[:4]:
        for _ in range(20):
            note_shown(survey_id, person, 1)
    await store_counts(rt)
    assert await stored(rt) == {}
    note_sent(survey_id, people[4], 1, 12.0, faulty=True)
    await store_counts(rt)
    await store_counts(rt)
    assert await stored(rt) == {(1, "shown"): 80, (1, "sent"): 1, (1, "faulty"): 1, (1, "took.15"): 1}
    for person in people:
        note_shown(survey_id, person, 1)
    await store_counts(rt)
    assert (await stored(rt))[1, "shown"] == 85


async def walk(client: httpx.AsyncClient, rt: Runtime, invitations_: list[object], faulty: bool) -> None:
    for invitation in invitations_:
        await enter(client, rt, invitation)  # type: ignore[arg-type]
        page = (await client.get(f"/surveys/answer/1?id={invitation.id}")).text  # type: ignore[attr-defined]
        since = page.partition('name="since" value="')[2].partition('"')[0]
        if faulty:
            error_page = await post(client, invitation, 1, minutter="mange", since=since)  # type: ignore[arg-type]
            assert "check=1" in str(error_page.url)
        await post(client, invitation, 1, **PAGES[0], since=str(int(since) - 12))  # type: ignore[arg-type]


async def test_staff_see_where_people_stop_how_long_they_take_and_where_they_err(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 12))
    survey = await plan()
    rows = await invitations(rt, survey.id)
    async with browser(rt) as client:
        await walk(client, rt, list(rows[:6]), faulty=True)
    await store_counts(rt)
    counts = await stored(rt)
    assert (counts[1, "shown"], counts[1, "sent"], counts[1, "faulty"]) == (6, 12, 6)
    assert sum(number for (page, what), number in counts.items() if page == 1 and what in ("took.15", "took.20")) == 6
    page = (await editor.get(f"/staff/surveys/{survey.id}")).text
    assert "Side for side" in page
    table = page[page.index("Side for side") :]
    assert "færre enn 5" not in table
    # The six who began are on page 2 now.
    assert "<td>6</td>" in table
    for row in rows[6:]:
        await answer(rt, row.id, {})
    async with rt.transaction() as session:
        await close_survey(session, keys_of(rt.settings), survey.id, rt.now())
    # The half-finished answers are gone; the count of six who stopped on page 2 is kept.
    assert (await stored(rt))[2, "stopped"] == 6
    assert "<td>6</td>" in (await editor.get(f"/staff/surveys/{survey.id}")).text


@pytest.mark.parametrize("since", ["", "tull", "-5", "9" * 30, "٣٤"])
async def test_a_time_that_somebody_made_up_disturbs_nothing(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, since: str
) -> None:
    await deliver(*many(rt.now(), 1))
    survey = await plan()
    (invitation,) = await invitations(rt, survey.id)
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        page = await post(client, invitation, 1, **PAGES[0], since=since)
    assert page.status_code == 303
    assert not any(what.startswith("took") for _, what in counting._TALLIES[survey.id].counts)


async def follow(client: httpx.AsyncClient, survey_id: UUID, last: str = "") -> httpx.Response:
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
    return await client.get(f"/staff/surveys/{survey_id}/live", headers=headers)


async def test_the_page_is_told_what_is_new_and_nothing_else(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 8))
    survey = await plan()
    rows = await invitations(rt, survey.id)
    first = await follow(editor, survey.id)
    assert first.headers["content-type"].startswith("text/event-stream")
    assert "0 av 8 har svart" in first.text
    assert all(line.split(":")[0] in ("retry", "id", "data", "") for line in first.text.splitlines())
    assert first.text.endswith("\n\n")
    last = first.text.partition("id: ")[2].partition("\n")[0]
    assert "data:" not in (await follow(editor, survey.id, last)).text
    await answer(rt, rows[0].id, {})
    assert "1 av 8 har svart" in (await follow(editor, survey.id, last)).text
    move(rt, timedelta(days=15))
    async with rt.transaction() as session:
        await close_survey(session, keys_of(rt.settings), survey.id, rt.now())
    assert (await follow(editor, survey.id, last)).status_code == 204


async def test_nobody_without_a_session_follows_a_survey(rt: Runtime, plan: PlanSurvey) -> None:
    survey = await plan()
    async with browser(rt) as client:
        assert (await follow(client, survey.id)).is_redirect


async def test_each_stratum_stands_beside_its_target(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 24))
    survey = await plan()
    rows = [row for row in await invitations(rt, survey.id) if (row.gender, row.band) == ("female", "15-24")]
    for row in rows[:2]:
        await answer(rt, row.id, {})
    page = (await editor.get(f"/staff/surveys/{survey.id}")).text
    assert page.count("Nådd") == 1
    assert f'data-live="/staff/surveys/{survey.id}/live"' in page
