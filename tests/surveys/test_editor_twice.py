"""The editor, pressed twice and with more fields than any other form."""

import asyncio
import re

import httpx
import sqlalchemy as sa

from services.surveys.tables import WrittenVersion
from shared.service import Runtime
from shared.testing import browser, sign_in
from tests.surveys.test_editor_pages import EDITOR, base, begin, step


async def twice(editor: httpx.AsyncClient, address: str, **fields: str) -> list[str]:
    """Where the two clicks of a double click lead."""
    answers = await asyncio.gather(*(editor.post(address, data=fields) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [303, 303]
    return [answer.headers["location"] for answer in answers]


async def test_a_double_click_begins_one_questionnaire(rt: Runtime, editor: httpx.AsyncClient) -> None:
    marks = [re.findall(r'name="mark" value="([0-9a-f]{6})"', (await editor.get(EDITOR)).text) for _ in range(2)]
    assert marks[0] != marks[1]
    for (mark,) in marks:
        first, second = await twice(editor, EDITOR, title="Nabolaget", source="", mark=mark)
        assert first == second
    async with rt.transaction() as session:
        assert await session.scalar(sa.text("select count(*) from surveys.written_questionnaire")) == 2


async def test_a_double_click_in_the_editor_is_one_step_and_no_quarrel_with_oneself(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    here = await begin(editor)

    async def versions() -> int:
        async with rt.transaction() as session:
            return await session.scalar(sa.select(sa.func.count()).select_from(WrittenVersion)) or 0

    steps = [
        {"do": "add:side1", "kind-side1": "short_text"}, {"do": "add:side1", "kind-side1": "number"}, {"do": "copy:q1"},
        {"do": "up:q2"}, {"do": "down:q2"}, {"do": "delete:q3"}, {"do": "add-page"},
    ]  # fmt: skip
    for number, fields in enumerate(steps, start=2):
        first, second = await twice(editor, here, base=await base(editor, here), **fields)
        assert first == second
        assert await versions() == number
    first, second = await twice(editor, f"{here}/q1", base=await base(editor, here), **{"text.nb": "Hva nå?"})
    assert first == second
    assert await versions() == len(steps) + 2
    await twice(editor, here, base=await base(editor, here), do="undo")
    assert (await editor.get(f"{here}/q1")).text.count("Hva nå?") == 0
    assert 'value="side2"' in (await editor.get(here)).text or "side2" in (await editor.get(here)).text, "one step back"

    # Another person's page of the same kind is a page more, and a page added twice on purpose too.
    before = await base(editor, here)
    await editor.post(here, data={"base": before, "do": "add-page"})
    async with browser(rt) as ola:
        sign_in(rt, ola, "editor", name="Ola Editor")
        await ola.post(here, data={"base": before, "do": "add-page"})
    await step(editor, here, "add-page")
    assert {f"side{number}" for number in range(1, 6)} <= set(re.findall(r"side\d", (await editor.get(here)).text))


async def test_a_form_with_a_thousand_fields_is_read(editor: httpx.AsyncClient) -> None:
    """A file may bring every municipality as an option; its form has more fields than any resident's."""
    here = await begin(editor)
    await step(editor, here, "add:side1", **{"kind-side1": "one_choice"})
    fields = {f"options.{row}.{lang}": f"Kommune {row}" for row in range(357) for lang in ("nb", "nn", "en")}
    page = await editor.post(f"{here}/q1", data={"base": await base(editor, here), "text.nb": "Hvor?", **fields})
    assert page.status_code == 303
    assert 'value="Kommune 0"' in (await editor.get(f"{here}/q1")).text
