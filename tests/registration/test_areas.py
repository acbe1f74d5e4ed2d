"""Areas in force: a member's area follows them, and a new version regroups everybody."""

import httpx
import sqlalchemy as sa

from services.registration.population.regrouping import regroup_batch, regroup_members
from services.registration.tables import AreaScheme
from shared.events.registration import MemberChanged, MemberJoined, PopulationMarginsSet
from shared.service import Runtime
from shared.testing import browser, outbox, sign_in
from tests.registration.test_staff_pages import people, preview, take_in

FILE = "område;postnumre;innbyggere\nVest;1337 1336;300\nNord;1353;100"


async def upload(editor: httpx.AsyncClient, text: str, source: str = "Kommunen, 2026") -> httpx.Response:
    """The file as staff send it."""
    files = {"file": ("omrader.csv", text.encode(), "text/csv")}
    return await editor.post("/staff/registration/areas", files=files, data={"file_source": source})


async def test_a_file_with_faults_keeps_what_was_typed_beside_it(rt: Runtime, editor: httpx.AsyncClient) -> None:
    wrong = await upload(editor, FILE + "x", source="Kommunen «2027»")
    assert wrong.status_code == 422
    assert "Rader med feil" in wrong.text
    assert 'name="file_source" type="text" value="Kommunen «2027»"' in wrong.text
    assert wrong.text.count('id="source"') == 1


async def test_a_new_version_regroups_everybody_once_and_is_told(rt: Runtime, editor: httpx.AsyncClient) -> None:
    await take_in(editor, await preview(editor, people(3)))
    events = [event for event in await outbox(rt, MemberJoined) if isinstance(event, MemberJoined)]
    assert {(event.area, event.area_scheme) for event in events} == {(None, "areas-0")}
    assert (await upload(editor, FILE)).status_code == 303
    for _ in range(2):
        await regroup_members(rt)
    changes = [event for event in await outbox(rt, MemberChanged) if isinstance(event, MemberChanged)]
    assert len(changes) == 3, "everybody once, however often the job runs"
    assert {event.area_scheme for event in changes} == {"areas-1"}
    assert {event.area for event in changes} <= {"vest", "nord", None}
    assert any(event.area for event in changes)
    newest = (await outbox(rt, PopulationMarginsSet))[-1]
    assert isinstance(newest, PopulationMarginsSet)
    assert (newest.area_scheme, newest.area_source) == ("areas-1", "Kommunen, 2026")
    assert [(m.area, m.label, m.population) for m in newest.area_margins] == [
        ("vest", "Vest", 300),
        ("nord", "Nord", 100),
    ]
    page = (await editor.get("/staff/registration/areas?saved=1")).text
    assert "400" in page
    assert "Kilde: Kommunen, 2026" in page
    assert "hører ikke til noe område" in page
    assert "utenfor områdene" not in (await editor.get("/staff/registration")).text
    await upload(editor, "område;postnumre;innbyggere\nVest;1337 1336;300")
    await regroup_members(rt)
    assert "3 medlemmer bor utenfor områdene" in (await editor.get("/staff/registration")).text


async def test_the_front_page_says_where_the_figures_come_from_when_it_asks_for_an_area(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    await take_in(editor, await preview(editor, people(3)))
    assert "Vi trenger flere fra" not in (await editor.get("/")).text
    await upload(editor, "område;postnumre;innbyggere\nVest;1353;300\nNord;1337;9000")
    await regroup_members(rt)
    front = (await editor.get("/")).text
    assert "Vi trenger flere fra Nord." in front
    assert "1. januar 2026. Tall for områdene: Kommunen, 2026." in front


async def test_regrouping_goes_on_where_it_stopped(rt: Runtime, editor: httpx.AsyncClient) -> None:
    await take_in(editor, await preview(editor, people(5)))
    await upload(editor, FILE)
    async with rt.transaction() as session:
        assert await regroup_batch(session, rt.now(), batch=2)
    assert len(await outbox(rt, MemberChanged)) == 2
    await regroup_members(rt)
    assert len(await outbox(rt, MemberChanged)) == 5
    async with rt.transaction() as session:
        scheme = await session.scalar(sa.select(AreaScheme))
    assert scheme is not None
    assert scheme.regrouped_at is not None
    assert scheme.regrouped_after is None


async def test_staff_write_areas_in_the_table_and_a_reader_only_sees_them(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    row = {"rows": "1", "label-0": "Sandvika", "postcodes-0": "1337, 1338", "residents-0": "9 000", "source": ""}
    wrong = await editor.post("/staff/registration/areas", data=row | {"label-2": "Nord", "postcodes-2": "1337"})
    assert wrong.status_code == 422
    assert 'href="#label-2">Rad 3: ' in wrong.text
    assert 'id="label-2-error">Rad 3: ' in wrong.text, "the empty row between stays, so that the number is the row's"
    assert 'name="label-2" value="Nord"' in wrong.text
    assert 'value="1337, 1338"' in wrong.text, "what was typed is kept"
    assert (await editor.post("/staff/registration/areas", data=row)).status_code == 303
    text = (await editor.get("/staff/registration/areas")).text
    assert 'value="1337 1338"' in text
    assert "Lagre områdene</button>" in text
    async with browser(rt) as reader:
        sign_in(rt, reader, "reader")
        page = await reader.get("/staff/registration/areas")
        assert "Lagre områdene</button>" not in page.text
        assert "<td>1337 1338</td>" in page.text
        assert (await reader.post("/staff/registration/areas", data=row)).status_code == 403
