"""Forms of the editor on real Postgres: what is ticked or typed there is kept, or told; what residents get."""

import re

import httpx
import pytest

from tests.surveys.test_editor_pages import base, fill, step, wrote


@pytest.mark.parametrize(
    ("kind", "name", "typed"),
    [("number", "max", "0,5"), ("date", "min", "17. mai"), ("scale", "steps", "sju"), ("", "minutes", "fem")],
)
async def test_what_is_no_number_or_day_is_told_and_nothing_of_the_form_is_lost(
    editor: httpx.AsyncClient, kind: str, name: str, typed: str
) -> None:
    here = await wrote(editor)
    at = f"{here}/om"
    if kind:
        at = str((await step(editor, here, "add:side1", **{"kind-side1": kind})).headers["location"])
    before = await base(editor, at)
    refused = await fill(editor, at, text__nb="Hvor mye?", title__nb="Hvor mye?", **{name: typed})
    assert refused.status_code == 422
    assert f'value="{typed}"' in refused.text
    assert "Hvor mye?" in refused.text
    assert await base(editor, at) == before


async def test_a_language_ticked_gives_fields_for_it_and_is_missing_until_written(editor: httpx.AsyncClient) -> None:
    here = await wrote(editor)
    cover = {"title__nb": "Nabolaget", "introduction__nb": "Vi vil gjøre det bedre.", "minutes": "2"}
    ticked = await fill(editor, f"{here}/om", **cover, language__en="yes")
    assert ticked.headers["location"] == f"{here}/om"
    assert 'name="title.en"' in (await editor.get(f"{here}/om")).text
    assert 'name="text.en"' in (await editor.get(f"{here}/q1")).text
    page = (await editor.get(here)).text
    assert "Innledningen mangler 2 tekster på engelsk." in page
    assert "«Trives du?» mangler 3 tekster på engelsk." in page


async def test_residents_read_the_text_of_every_step_and_staff_how_many_are_asked(editor: httpx.AsyncClient) -> None:
    here = await wrote(editor)
    each = {f"each__{place}__nb": text for place, text in enumerate(("Aldri", "Iblant", "Hver dag"))}
    for kind, more in (("scale", {}), ("grid", {"statements__0__nb": "Til fots", "statements__1__nb": "På hjul"})):
        at = str((await step(editor, here, "add:side1", **{"kind-side1": kind})).headers["location"])
        await fill(editor, at, text__nb=f"Hvor ofte, {kind}?", steps="3", **each, **more)
    await step(editor, here, "add-page")
    await fill(editor, f"{here}/side2", title__nb="Bare for noen", condition="all", when__1="q1=ja")
    at = str((await step(editor, here, "add:side2", **{"kind-side2": "short_text"})).headers["location"])
    await fill(editor, at, text__nb="Hvorfor?")
    await step(editor, here, "add-page")
    await fill(editor, f"{here}/side3", title__nb="Til slutt")
    at = str((await step(editor, here, "add:side3", **{"kind-side3": "short_text"})).headers["location"])
    await fill(editor, at, text__nb="Noe mer?")
    page = (await editor.get(f"/staff/surveys/questionnaires/{here.rsplit('/', 1)[1]}")).text
    assert len(re.findall(r"<label[^>]*>Iblant</label>", page)) == 3
    assert "5 til alle, 1 til noen" in page
