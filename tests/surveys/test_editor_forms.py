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
    assert "Tittel og innledning mangler 2 tekster på engelsk." in page
    assert "«Trives du?» mangler 3 tekster på engelsk." in page


async def test_residents_read_the_text_of_every_step_and_staff_how_many_are_asked(editor: httpx.AsyncClient) -> None:
    here = await wrote(editor)
    each = {f"each__{place}__nb": text for place, text in enumerate(("Aldri", "Iblant", "Hver dag"))}
    for kind, more in (("scale", {}), ("grid", {"statements__0__nb": "Til fots", "statements__1__nb": "På hjul"})):
        at = str((await step(editor, here, "add:side1", **{"kind-side1": kind})).headers["location"])
        await fill(editor, at, text__nb=f"Hvor ofte, {kind}?", steps="3", **each, **more)
    await step(editor, here, "add-page")
    await fill(editor, f"{here}/side2", title__nb="Bare for noen", condition__1="all", when__1__1="q1=ja")
    at = str((await step(editor, here, "add:side2", **{"kind-side2": "short_text"})).headers["location"])
    await fill(editor, at, text__nb="Hvorfor?")
    await step(editor, here, "add-page")
    await fill(editor, f"{here}/side3", title__nb="Til slutt")
    at = str((await step(editor, here, "add:side3", **{"kind-side3": "short_text"})).headers["location"])
    await fill(editor, at, text__nb="Noe mer?")
    page = (await editor.get(f"/staff/surveys/questionnaires/{here.rsplit('/', 1)[1]}")).text
    assert len(re.findall(r"<label[^>]*>Iblant</label>", page)) == 3
    assert "5 til alle, 1 til noen" in page


async def test_whom_a_question_is_for_is_put_together_with_limits_and_groups_and_said_in_words(
    editor: httpx.AsyncClient,
) -> None:
    here = await wrote(editor)
    at = str((await step(editor, here, "add:side1", **{"kind-side1": "number"})).headers["location"])
    await fill(editor, at, text__nb="Hvor gammel er du?", min="15", max="110")
    age = at.rsplit("/", 1)[1].partition("#")[0]
    at = str((await step(editor, here, "add:side1", **{"kind-side1": "short_text"})).headers["location"])
    last = str((await step(editor, here, "add:side1", **{"kind-side1": "short_text"})).headers["location"])
    await fill(editor, last, text__nb="Noe mer?")
    chosen = {"condition__1": "any", "when__1__1": "q1=ja", "when__1__2": "q1=nei", "when__2__1": f"{age}="}
    refused = await fill(editor, at, text__nb="Hvorfor?", **chosen, least__2__1="atten")
    assert refused.status_code == 422
    assert 'value="atten"' in refused.text
    assert 'href="#least.2.1"' in refused.text
    assert "som er fjernet" not in refused.text, "a list left empty names nothing"
    assert "Skriv et tall, for eksempel 5." in refused.text
    limits = {"least__2__1": "18", "most__2__1": "66"}
    assert (await fill(editor, at, text__nb="Hvorfor?", **chosen, **limits)).status_code == 303
    said = "svarer «Ja» eller «Nei» på «Trives du?» og svarer minst 18 og høyst 66 på «Hvor gammel er du?»"
    outline = (await editor.get(here)).text
    assert f"Bare for dem som {said}" in outline
    assert "Ingenting å rette" in outline
    assert (
        f"Stilles bare til dem som {said}"
        in (await editor.get(f"/staff/surveys/questionnaires/{here.rsplit('/', 1)[1]}")).text
    )
    form = (await editor.get(at)).text
    assert re.search(r'id="least.2.1"[^>]*value="18"', form)
    assert '<details class="panel-fold" open><summary>Flere vilkår' in form
    # Nobody is 120: the form says it, and the outline does not let it open.
    await fill(editor, at, text__nb="Hvorfor?", **chosen, least__2__1="120")
    assert "Vilkåret kan aldri bli oppfylt" in (await editor.get(at)).text
    assert (await step(editor, here, "ready")).status_code == 422


async def test_heavy_text_and_a_long_grid_are_told_and_the_languages_are_previewed(editor: httpx.AsyncClient) -> None:
    here = await wrote(editor)
    heavy = (
        "Kommunestyrets planutvalg vurderer omregulering av arealbruksformålene langs kollektivtransportkorridorene, og"
        " ønsker innbyggerrepresentasjonens konsekvensvurderinger av fortettingsalternativene innenfor planområdets"
        " avgrensning før planprogrammet fastsettes."
    )
    cover = {"minutes": "2", "language__nn": "yes", "language__en": "yes"}
    words = {"title__nb": "Nabolaget", "title__nn": "Nabolaget ditt", "title__en": "Your neighbourhood"}
    told = {"introduction__nn": "Vi vil gjere det betre.", "introduction__en": "We want to improve it."}
    await fill(editor, f"{here}/om", **cover, **words, **told, introduction__nb=heavy)
    grid = str((await step(editor, here, "add:side1", **{"kind-side1": "grid"})).headers["location"])
    ends = {"low__nb": "Uenig", "high__nb": "Enig"}
    rows = {f"statements__{place}__nb": f"Påstand {place}" for place in range(8)}
    await fill(editor, grid, text__nb="Hva mener du?", **ends, **rows)
    page = (await editor.get(here)).text
    assert re.search(r"<strong>Råd:</strong> <a[^>]*>Teksten er tung å lese \(LIX [0-9]+\)", page)
    assert "«Hva mener du?» har 8 påstander. Del den: 7 er nok." in page
    assert (await step(editor, here, "ready")).status_code == 422
    grid = grid.partition("#")[0]
    await step(editor, here, f"delete:{grid.rsplit('/', 1)[1]}")
    texts = {"text__nb": "Trives du?", "text__nn": "Trivst du?", "text__en": "Do you like it here?"}
    yes = {"options__0__code": "ja", "options__0__nb": "Ja", "options__0__nn": "Ja", "options__0__en": "Yes"}
    no = {"options__1__code": "nei", "options__1__nb": "Nei", "options__1__nn": "Nei", "options__1__en": "No"}
    await fill(editor, f"{here}/q1", required="yes", **texts, **yes, **no)
    titles = {"title__nb": "Om nabolaget", "title__nn": "Om nabolaget", "title__en": "About it"}
    await fill(editor, f"{here}/side1", **titles)
    assert (await step(editor, here, "ready")).status_code == 303, "advice does not stop it"
    name = here.rsplit("/", 1)[1]
    for address in (f"/staff/surveys/questionnaires/{name}?language=", f"/staff/surveys/try/{name}/1?language="):
        for code, asked, answer in (
            ("nb", "Trives du?", "Nei"),
            ("nn", "Trivst du?", "Nei"),
            ("en", "Do you like it here?", "No"),
        ):
            preview = (await editor.get(address + code)).text
            assert asked in preview
            assert re.search(rf"<label[^>]*>{answer}</label>", preview)
