"""Staff try a questionnaire as residents meet it: every page, each language, a phone's width; nothing is stored."""

import re

import httpx
import pytest
import sqlalchemy as sa

from services.surveys.tables import metadata
from shared.service import Runtime
from shared.testing import browser

TRY = "/staff/surveys/try/klima"


async def stored(rt: Runtime) -> dict[str, int]:
    """Rows of every table of the service, its outbox and audit trail among them."""
    async with rt.transaction() as session:
        names = await session.scalars(
            sa.text("select table_name from information_schema.tables where table_schema = 'surveys'")
        )
        return {
            name: await session.scalar(sa.text(f'select count(*) from surveys."{name}"')) or 0 for name in names.all()
        }


def state(page: str) -> str:
    """What the page carries of the answers."""
    match = re.search(r'name="state" value="([^"]+)"', page)
    assert match is not None
    return match[1]


async def send(client: httpx.AsyncClient, page: httpx.Response, number: int, **fields: str) -> httpx.Response:
    """The page's form filled in."""
    match = re.search(r'name="shown" value="([^"]*)"', page.text)
    assert match is not None
    values = {"state": state(page.text), "shown": match[1], "action": "next", **fields}
    return await client.post(f"{TRY}/{number}", data=values)


async def test_every_page_is_tried_and_nothing_is_left(rt: Runtime, editor: httpx.AsyncClient) -> None:
    before = await stored(rt)
    start = await editor.get(TRY)
    assert "Du prøver skjemaet" in start.text
    assert f'href="{TRY}/1?language=nb"' in start.text
    first = await editor.get(f"{TRY}/1")
    wrong = await send(editor, first, 1)
    assert wrong.status_code == 422
    assert "må besvares" in wrong.text
    more = await send(editor, first, 1, reisemate="bil")
    assert "Svaret ditt gir ett spørsmål til" in more.text
    second = await send(editor, more, 1, reisemate="bil", bilfri="pris", minutter="20")
    assert "Side 2 av 3" in second.text
    back = await send(editor, second, 2, action="back")
    assert re.search(r'value="bil" checked', back.text), "what was answered is there when going back"
    third = await send(editor, second, 2, viktigst="natur", innsats="3", fortetting="vet_ikke")
    assert "Send inn svarene" in third.text
    end = await send(editor, third, 3, forslag="Flere avganger")
    assert "Prøven er ferdig" in end.text
    assert "Flere avganger" not in end.text
    assert await stored(rt) == before
    assert {table.name for table in metadata.sorted_tables} <= set(before), "every table was looked at"


async def test_each_language_and_a_phones_width_are_tried(editor: httpx.AsyncClient) -> None:
    english = await editor.get(f"{TRY}/1?language=en&width=phone")
    assert "How do you most often travel" in english.text
    assert "panel-phone" in english.text
    assert f'action="{TRY}/1?language=en&amp;width=phone"' in english.text
    assert "panel-phone" not in (await editor.get(f"{TRY}/1")).text
    assert "Korleis reiser du" in (await editor.get(f"{TRY}/1?language=nn")).text
    assert "Hvordan reiser du" in (await editor.get(f"{TRY}/1?language=fr")).text


async def test_a_forged_state_is_an_empty_one(editor: httpx.AsyncClient) -> None:
    page = await editor.post(f"{TRY}/1", data={"state": "tull", "shown": "", "action": "next"})
    assert page.status_code == 422
    assert "må besvares" in page.text


@pytest.mark.parametrize("path", ["/staff/surveys/try/ingen", "/staff/surveys/try/ingen/1"])
async def test_what_is_no_questionnaire_cannot_be_tried(editor: httpx.AsyncClient, path: str) -> None:
    assert (await editor.get(path)).status_code == 404


async def test_only_staff_try(rt: Runtime) -> None:
    async with browser(rt) as stranger:
        assert (await stranger.get(TRY)).status_code in (302, 303, 403)
