"""Staff: import, list, look-up, thresholds, area figures, channels; everything leaves its trace."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from services.registration.importing.working import forget_unstarted, take_in_files
from services.registration.tables import Consent, ImportRow, Member, MemberImport, SignUp
from shared.events.registration import (
    ConfirmationRequested,
    ContactChanged,
    MemberErased,
    MemberJoined,
    MemberWelcomeDue,
    PanelThresholdReached,
    PanelThresholdSet,
    PopulationMarginsSet,
)
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.service import Runtime
from shared.testing import browser, move, outbox, sign_in
from tests.registration.given import a_member, confirm_page, send

HEAD = "navn;epost;fodselsar;kjonn;postnummer;sprak"


async def audited(rt: Runtime) -> list[tuple[str, str | None, dict[str, Any]]]:
    """(action, subject, detail) of every audit row, oldest first."""
    table = mechanism("registration").audit_entry
    async with rt.transaction() as session:
        rows = await session.execute(sa.select(table.c.action, table.c.subject, table.c.detail).order_by(table.c.at))
    return [(row.action, row.subject, row.detail) for row in rows]


async def count(rt: Runtime, table: Any) -> int:
    async with rt.transaction() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def people(number: int) -> bytes:
    """A list of this many members."""
    rows = [f"Person {n};p{n}@example.org;{1950 + n % 50};{('kvinne', 'mann')[n % 2]};1353;nb" for n in range(number)]
    return "\n".join([HEAD, *rows]).encode()


async def preview(editor: httpx.AsyncClient, content: bytes) -> httpx.Response:
    files = {"file": ("medlemmer.csv", content, "text/csv")}
    return await editor.post("/staff/registration/import", files=files, follow_redirects=True)


async def take_in(editor: httpx.AsyncClient, page: httpx.Response) -> httpx.Response:
    consents = {"purposes": ["surveys", "meetings", "results"], "reference": "arkivsak 25/1"}
    return await editor.post(str(page.url), data=consents, follow_redirects=True)


async def test_an_import_that_jumps_over_both_thresholds_reaches_each_once(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    page = await preview(editor, people(501))
    assert "501 rader kan importeres" in page.text
    assert await outbox(rt, MemberJoined) == []
    for _ in range(2):
        assert "501 medlemmer er importert" in (await take_in(editor, page)).text, "a second click imports nothing"
    reached = await outbox(rt, PanelThresholdReached)
    assert [(e.size, e.panel_size) for e in reached if isinstance(e, PanelThresholdReached)] == [(200, 501), (500, 501)]
    assert len(await outbox(rt, MemberJoined)) == 501
    assert await outbox(rt, ConfirmationRequested, MemberWelcomeDue) == [], "imported members get no mail"
    async with rt.transaction() as session:
        consents = set(await session.execute(sa.select(Consent.source, Consent.text_version)))
        member_id = (await session.scalars(sa.select(Member.id).limit(1))).one()
    assert consents == {("import", "arkivsak 25/1")}
    assert "(importert: arkivsak 25/1)" in (await editor.get(f"/staff/registration/members/{member_id}")).text
    (row,) = [row for row in await audited(rt) if row[0] == "registration.members.imported"]
    assert (row[2]["rows"], row[2]["left_out"]) == (501, 0)
    assert "Alle 501 i filen er medlemmer fra før." in (await preview(editor, people(501))).text
    mixed = await preview(editor, people(503) + b"\n;uten@example.org;1980;mann;1353;nb")
    assert "2 rader kan importeres. Én rad har feil. 501 er medlemmer fra før, og blir ikke endret." in mixed.text
    done = "2 medlemmer er importert. 501 var medlemmer fra før. Én rad med feil ble hoppet over."
    assert done in (await take_in(editor, mixed)).text


async def test_a_file_with_bad_rows_is_only_taken_in_when_staff_say_so(rt: Runtime, editor: httpx.AsyncClient) -> None:
    content = people(2) + b"\n;uten@example.org;1980;mann;1353;nb\nK\xc3\xa5re;k\xc3\xa5re@example.org;1;x;9;zz"
    page = await preview(editor, content)
    assert "2 rader kan importeres. 2 rader har feil" in page.text
    assert "hopp over radene med feil" in page.text
    assert await count(rt, Member) == 0
    assert "2 medlemmer er importert" in (await take_in(editor, page)).text


async def test_somebody_who_never_confirmed_can_be_imported_and_the_old_link_ends(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    async with browser(rt) as resident:
        await send(resident, rt, email="p0@example.org", name="Feil Navn")
        (request,) = await outbox(rt, ConfirmationRequested)
        assert isinstance(request, ConfirmationRequested)
        assert "Ett medlem er importert" in (await take_in(editor, await preview(editor, people(1)))).text
        assert "Velkommen" in (await confirm_page(resident, rt, request)).text
    assert await count(rt, SignUp) == 0
    (event,) = await outbox(rt, MemberJoined)
    assert event.subject == request.member_id
    card = (await outbox(rt, ContactChanged))[-1]
    assert isinstance(card, ContactChanged)
    assert card.name == "Person 0"


@pytest.mark.parametrize("content", [b"", b"tull", b"\x00" * 50, people(1) + b'\n"', b"x" * 16_100_000])
async def test_a_file_that_cannot_be_read_gets_a_clear_word(
    rt: Runtime, editor: httpx.AsyncClient, content: bytes
) -> None:
    page = await preview(editor, content)
    assert page.status_code == 422
    assert "panel-errors" in page.text
    assert await count(rt, Member) == 0


async def test_a_file_that_is_not_there_imports_nothing(rt: Runtime, editor: httpx.AsyncClient) -> None:
    for path in ("x", new_id()):
        for answer in (
            await editor.post(f"/staff/registration/import/{path}", data={"reference": "x"}),
            await editor.get(f"/staff/registration/import/{path}"),
        ):
            assert answer.status_code == 404


async def test_an_import_asks_what_was_consented_to_and_where_it_is_written(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    page = await preview(editor, people(2))
    error_page = await editor.post(str(page.url), data={})
    assert error_page.status_code == 422
    assert "Velg det de har samtykket til" in error_page.text
    assert "Skriv hvor samtykkene er tatt vare på" in error_page.text
    await editor.post(str(page.url), data={"purposes": ["meetings"], "reference": "Skjema 2025"})
    assert [event.purposes for event in await outbox(rt, MemberJoined)] == [("meetings",)] * 2  # type: ignore[attr-defined]
    template = await editor.get("/staff/registration/import/template")
    assert "Én rad kan importeres" in (await preview(editor, template.content)).text


async def test_a_large_file_is_taken_in_part_by_part_and_shows_how_far_it_is(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    page = await take_in(editor, await preview(editor, people(2100)))
    assert "1\u00a0000 av 2\u00a0100 personer er tatt inn" in page.text
    assert await count(rt, Member) == 1000
    await asyncio.gather(take_in_files(rt), take_in_files(rt))
    assert "2\u00a0100 medlemmer er importert" in (await editor.get(str(page.url))).text.replace("2100", "2\u00a0100")
    assert (await count(rt, Member), await count(rt, ImportRow)) == (2100, 0)


async def test_a_file_that_was_looked_over_and_left_is_forgotten(rt: Runtime, editor: httpx.AsyncClient) -> None:
    await preview(editor, people(3))
    await forget_unstarted(rt)
    assert await count(rt, ImportRow) == 3
    move(rt, timedelta(days=1, minutes=1))
    await forget_unstarted(rt)
    assert (await count(rt, ImportRow), await count(rt, MemberImport)) == (0, 0)


async def test_the_list_shows_no_names_and_filters_orders_and_pages(rt: Runtime, editor: httpx.AsyncClient) -> None:
    await take_in(editor, await preview(editor, people(120)))
    everything = (await editor.get("/staff/registration/members")).text
    assert "Person 1" not in everything
    assert "p1@example.org" not in everything
    assert "Side 1 av 3" in everything
    women = (await editor.get("/staff/registration/members?gender=female&order=youngest&page=2")).text
    assert "60 <small>medlemmer" in women
    assert "Side 2 av 2" in women
    odd = await editor.get("/staff/registration/members?gender=x&band=y&page=-1&order=z&area=%00")
    assert "120 <small>medlemmer" in odd.text
    band = (await editor.get("/staff/registration/members?band=25-34")).text
    async with rt.transaction() as session:
        expected = await session.scalar(
            sa.select(sa.func.count()).select_from(Member).where(Member.year_of_birth.between(2026 - 34, 2026 - 25))
        )
    assert f"{expected} <small>medlemmer" in band


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_an_export_is_the_whole_list_without_names_and_is_audited(
    rt: Runtime, editor: httpx.AsyncClient, form: str
) -> None:
    move(rt, datetime(2027, 6, 30, 22, 30, tzinfo=UTC) - rt.now())
    await take_in(editor, await preview(editor, people(70)))
    file = await editor.get(f"/staff/registration/members?gender=female&form={form}")
    assert f"medlemmer.{form}" in file.headers["content-disposition"]
    if form == "csv":
        assert (file.text.count(";2027-07-01;"), "Person 1" in file.text) == (35, False), "the day is Norway's"
    ((_, _, detail),) = [row for row in await audited(rt) if row[0] == "registration.members.exported"]
    assert (detail["count"], detail["filters"]) == (35, {"gender": "female"})


async def test_every_look_up_and_every_view_of_a_person_leaves_a_trace(rt: Runtime, editor: httpx.AsyncClient) -> None:
    async with browser(rt) as resident:
        member_id = await a_member(resident, rt)
    for desk in ("/staff", "/staff/registration/members"):
        assert 'method="post" action="/staff/registration/members">' in (await editor.get(desk)).text
    for text, words in (("KARI@example.org", "Kari Prøve"), ("prøve", "Kari Prøve"), ("100%", "Vi fant ingen")):
        assert words in (await editor.post("/staff/registration/members", data={"who": text})).text
    assert 'value="k"' in (await editor.post("/staff/registration/members", data={"who": "k"})).text
    page = await editor.get(f"/staff/registration/members/{member_id}")
    assert "kari@example.org" in page.text
    assert "Siri Stab så på en person" in page.text
    actions = [(action, subject) for action, subject, _ in await audited(rt)]
    assert actions.count(("registration.member.looked_up", None)) == 3
    assert actions.count(("registration.member.found", str(member_id))) == 2
    assert actions.count(("registration.member.seen", str(member_id))) == 1
    assert not any("kari" in str(row).lower() for row in await audited(rt)), "what was typed is not kept"
    for strange in ("x", "00000000-0000-0000-0000-000000000000"):
        assert (await editor.get(f"/staff/registration/members/{strange}")).status_code == 404


async def test_staff_erase_somebody_who_asked_and_see_the_receipts(rt: Runtime, editor: httpx.AsyncClient) -> None:
    async with browser(rt) as resident:
        member_id = await a_member(resident, rt)
    question = await editor.post(f"/staff/registration/members/{member_id}/erase")
    assert "Slette alt om" in question.text
    assert await outbox(rt, MemberErased) == []
    receipt = await editor.post(
        f"/staff/registration/members/{member_id}/erase", data={"sure": "yes"}, follow_redirects=True
    )
    assert "0 av 4" in receipt.text
    assert len(await outbox(rt, MemberErased)) == 1
    assert "Slettet medlem" in (await editor.get(f"/staff/registration/members/{member_id}")).text
    assert "mangler kvittering" not in (await editor.get("/staff/registration/card")).text
    move(rt, timedelta(hours=2))
    assert "Én sletting mangler kvittering" in (await editor.get("/staff/registration/card")).text


async def test_a_threshold_that_was_passed_already_is_reached_at_once(rt: Runtime, editor: httpx.AsyncClient) -> None:
    await take_in(editor, await preview(editor, people(12)))
    for size, status in (("10", 303), ("15", 303), ("10", 422), ("0", 422), ("ti", 422), ("9999999", 422), ("", 422)):
        answer = await editor.post("/staff/registration/thresholds", data={"size": size})
        assert answer.status_code == status, size
        assert status != 303 or "Terskelen er lagret." in (await editor.get(answer.headers["location"])).text
    reached = await outbox(rt, PanelThresholdReached)
    assert [(e.size, e.panel_size) for e in reached if isinstance(e, PanelThresholdReached)] == [(10, 12)]
    assert len(await outbox(rt, PanelThresholdSet)) == 4
    assert "ikke ennå" in (await editor.get("/staff/registration/thresholds")).text


async def test_area_figures_replace_the_notice_and_are_published(rt: Runtime, editor: httpx.AsyncClient) -> None:
    await take_in(editor, await preview(editor, people(3)))
    assert "Ingen områder er lagt inn ennå" in (await editor.get("/staff/registration")).text
    bad = {"file": ("tall.csv", b"postnummer;befolkning\n1353;100\n1337;x", "text/csv")}
    error_page = await editor.post("/staff/registration/areas", files=bad)
    assert error_page.status_code == 422
    assert "Ingenting er lagret" in error_page.text
    good = {"file": ("tall.csv", b"postnummer;befolkning\n1353;100\n1337;300", "text/csv")}
    assert (await editor.post("/staff/registration/areas", files=good)).status_code == 303
    page = (await editor.get("/staff/registration")).text
    assert "Ingen områder er lagt inn ennå" not in page
    assert page.index("1337 Sandvika") < page.index("1353 Bærums Verk"), "what is missed most comes first"
    newest = (await outbox(rt, PopulationMarginsSet))[-1]
    assert isinstance(newest, PopulationMarginsSet)
    assert {(m.area, m.population) for m in newest.area_margins} == {("1353", 100), ("1337", 300)}
    assert (await editor.post("/staff/registration/areas", data={"x": "y"})).status_code == 422


async def test_a_channel_has_a_link_a_code_and_a_count(rt: Runtime, editor: httpx.AsyncClient) -> None:
    channel = {"name": "Plakat på <b>biblioteket</b>", "code": "bibliotek"}
    answer = await editor.post("/staff/registration/channels", data=channel, follow_redirects=True)
    assert "<svg" in answer.text[answer.text.index("Kanalen er lagret.") :]
    assert "https://panel.test/join?kanal=bibliotek" in answer.text
    assert "&lt;b&gt;" in answer.text
    for wrong, words in (({"code": "Å"}, "Kode må ha"), ({"name": ""}, "Koden er i bruk"), ({"name": ""}, "Navn må")):
        assert words in (await editor.post("/staff/registration/channels", data=channel | wrong)).text
    async with browser(rt) as resident:
        await a_member(resident, rt, kanal="bibliotek")
        await send(resident, rt, kanal="bibliotek", email="per@example.org")
    page = (await editor.get("/staff/registration/channels")).text
    row = page[page.index("bibliotek") :]
    assert row.index(">1<") < row.index(">1<", row.index(">1<") + 1) < row.index("Importert")
    for unknown in ("ukjent", "%00"):
        assert (await editor.get(f"/staff/registration/channels/{unknown}")).status_code == 404
    card = (await editor.get("/staff/registration/card")).text
    assert "Plakat på &lt;b&gt;biblioteket&lt;/b&gt;: 1" in card, "the growth picture names the channel"
    (corners,) = re.findall(r'class="part-0" points="([^"]+)"', card)
    assert len({corner.split(",")[0] for corner in corners.split()}) > 1, "one day's growth has a width to be seen"
    assert "Ett nytt medlem" in card


async def test_a_reader_is_not_offered_what_a_reader_may_not_do(rt: Runtime) -> None:
    async with browser(rt) as resident:
        member_id: UUID = await a_member(resident, rt)
    async with browser(rt) as reader:
        sign_in(rt, reader, "reader")
        for path in ("", "/thresholds", "/channels", f"/members/{member_id}"):
            text = (await reader.get(f"/staff/registration{path}")).text
            main = text[text.index("<main") :]
            assert "Importer" not in main.replace("Importert", ""), path
            assert 'method="post"' not in main, path
