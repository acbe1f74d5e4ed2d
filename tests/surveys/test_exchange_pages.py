"""Taking in a file in the browser: seen before anything is saved; and taking one out."""

import re

import httpx
import sqlalchemy as sa

from services.surveys.exchange.reading import read_xlsform
from services.surveys.exchange.writing import as_xlsform
from services.surveys.questionnaire.shelf import read_questionnaire, shipped
from services.surveys.tables import WrittenQuestionnaire, WrittenVersion
from shared.service import Runtime
from tests.surveys.test_domain_exchange import workbook
from tests.surveys.test_domain_lss import lss

IMPORT = "/staff/surveys/editor/import"
FILE = workbook(
    [
        ["type", "name", "label"],
        ["select_one jn", "bil", "<script>alert(1)</script>Har du bil?"],
        ["geopoint", "sted", "Hvor?"],
    ]
)


def fields(page: str, **more: str) -> dict[str, str]:
    """What the page sends when staff take what fits."""
    return {**dict(re.findall(r'name="(name|data)" value="([^"]*)"', page)), "confirmed": "yes", **more}


async def kept(rt: Runtime) -> int:
    """Questionnaires stored."""
    async with rt.transaction() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(WrittenQuestionnaire)) or 0


async def test_what_fits_is_shown_first_and_saved_when_staff_say_so(rt: Runtime, editor: httpx.AsyncClient) -> None:
    preview = await editor.post(IMPORT, files={"file": ("bil.xlsx", FILE)})
    assert preview.status_code == 200
    assert "1 spørsmål passer her" in preview.text
    assert "sted på kart" in preview.text
    assert "<script>alert" not in preview.text
    assert await kept(rt) == 0
    page = await editor.post(IMPORT, data=fields(preview.text))
    assert page.status_code == 303
    assert "Har du bil?" in (await editor.get(page.headers["location"])).text


async def test_a_file_that_cannot_be_read_is_told_and_nothing_saved(rt: Runtime, editor: httpx.AsyncClient) -> None:
    page = await editor.post(IMPORT, files={"file": ("brev.txt", b"hei")})
    assert page.status_code == 422
    assert "Filen må være en .xlsx-, .csv- eller .lss-fil." in page.text
    for data in ({"confirmed": "yes", "name": "a.xlsx", "data": "ikke base64!"}, {"confirmed": "yes"}):
        assert (await editor.post(IMPORT, data=data)).status_code == 422
    assert await kept(rt) == 0


async def test_a_questionnaire_is_taken_out_in_both_forms(editor: httpx.AsyncClient) -> None:
    workbook_ = await editor.get("/staff/surveys/editor/klima/export.xlsx")
    assert "klima.xlsx" in workbook_.headers["content-disposition"]
    assert read_xlsform(workbook_.content, "klima.xlsx").content == shipped()["klima"].content()
    text = (await editor.get("/staff/surveys/editor/klima/export.yaml")).text
    assert read_questionnaire(text, "klima.yaml") == shipped()["klima"]
    assert (await editor.get("/staff/surveys/editor/klima/export.exe")).status_code == 404
    assert (await editor.get("/staff/surveys/editor/ingen/export.yaml")).status_code == 404


async def test_a_limesurvey_file_is_seen_and_then_taken_too(rt: Runtime, editor: httpx.AsyncClient) -> None:
    file = lss([{"type": "Y", "text": "Trives du?"}, {"type": "|", "text": "Send et bilde"}]).encode()
    preview = await editor.post(IMPORT, files={"file": ("byen.lss", file)})
    assert "1 spørsmål passer her" in preview.text
    assert "ber om en fil" in preview.text
    assert await kept(rt) == 0
    page = await editor.post(IMPORT, data=fields(preview.text))
    assert "Trives du?" in (await editor.get(page.headers["location"])).text


REPEATS = workbook([
    ["type", "name", "label"],
    ["text", "navn", "Hva heter du?"],
    ["begin repeat", "barn", "Barnet"],
    ["text", "skole", "Hvilken skole går barnet på?"],
    ["end repeat", "", ""],
])  # fmt: skip


async def test_staff_choose_how_many_times_a_group_may_be_asked_before_anything_is_saved(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    preview = await editor.post(IMPORT, files={"file": ("barn.xlsx", REPEATS)})
    assert "«Barnet» kan gjentas, høyst 3 ganger" in preview.text
    again = await editor.post(IMPORT, data=fields(preview.text, confirmed="no", copies="2"))
    assert "«Barnet» kan gjentas, høyst 2 ganger" in again.text
    assert await kept(rt) == 0
    page = await editor.post(IMPORT, data=fields(again.text, copies="2"))
    draft = (await editor.get(page.headers["location"])).text
    assert "Barnet 2" in draft
    assert "Vil du legge til en til?" in draft
    assert "Barnet 3" not in draft


async def test_a_number_of_copies_nobody_was_offered_is_the_usual_one(editor: httpx.AsyncClient) -> None:
    preview = await editor.post(IMPORT, files={"file": ("barn.xlsx", REPEATS)}, data={"copies": "9999"})
    assert "høyst 3 ganger" in preview.text


async def test_a_file_of_ours_with_breaks_in_its_cells_has_texts_as_the_forms_take_them(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    content = shipped()["klima"].content()
    content["title"]["nb"] = "Klima\u2028i\nBærum\x85"
    content["introduction"]["nb"] = "Hvorfor?\nFordi\u2029vi\u202e spør."
    content["pages"][0]["questions"][0]["text"]["nb"] = "Er\u2028du\nbekymret?"
    preview = await editor.post(IMPORT, files={"file": ("klima.xlsx", as_xlsform(content))})
    assert (await editor.post(IMPORT, data=fields(preview.text))).status_code == 303
    async with rt.transaction() as session:
        kept_content = (await session.scalars(sa.select(WrittenVersion.content))).one()
    assert kept_content["title"]["nb"] == "Klima i Bærum"
    assert kept_content["introduction"]["nb"] == "Hvorfor?\nFordi\nvi spør."
    assert kept_content["pages"][0]["questions"][0]["text"]["nb"] == "Er du bekymret?"
