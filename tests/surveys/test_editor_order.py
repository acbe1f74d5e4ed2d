"""Options, statements and alternatives are moved up and down in the editor, with all that belongs to them."""

import re

import httpx
import pytest

from tests.surveys.test_editor_pages import fill, step, wrote
from tests.surveys.test_editor_pictures import WORDS, a_pair, content, png, send


def fields(page: str) -> dict[str, str]:
    """What a browser would send of the form on the page, which has no condition: texts, hidden fields and ticks."""
    sent = dict(re.findall(r'<input class="ds-input" id="[^"]*" name="([^"]+)" value="([^"]*)"', page))
    sent |= dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return sent | dict(re.findall(r'type="checkbox" id="[^"]*" name="([^"]+)" value="([^"]*)" checked', page))


async def press(editor: httpx.AsyncClient, at: str, do: str, **typed: str) -> str:
    """A button on the form as it stands, with what has been typed since; where it leads."""
    sent = fields((await editor.get(at)).text) | {name.replace("__", "."): text for name, text in typed.items()}
    answer = await editor.post(at, data={**sent, "do": do})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def codes(editor: httpx.AsyncClient, here: str, id_: str, name: str = "options") -> list[str]:
    pages = (await content(editor, here))["pages"]
    assert isinstance(pages, list)
    question = next(question for page in pages for question in page["questions"] if question["id"] == id_)
    return [row["code"] for row in question[name]]


async def test_an_option_moves_with_its_texts_marks_and_code_and_conditions_still_hold(
    editor: httpx.AsyncClient,
) -> None:
    here = await wrote(editor)
    cover = {"title__nb": "N", "title__en": "N", "introduction__nb": "Derfor.", "introduction__en": "Why.",
             "minutes": "2", "language__en": "yes"}  # fmt: skip
    await fill(editor, f"{here}/om", **cover)
    at = str((await step(editor, here, "add:side1", **{"kind-side1": "several_choices"})).headers["location"])
    at = at.split("#")[0]
    rows = {
        f"options__{number}__{language}": f"{word} {language}"
        for number, word in enumerate(("Buss", "Bil", "Annet", "Ingen")) for language in ("nb", "en")
    }  # fmt: skip
    await fill(editor, at, text__nb="Hva bruker du?", text__en="What?", **rows, options__2__write="yes",
               options__3__exclusive="yes")  # fmt: skip
    assert await codes(editor, here, "q2") == ["buss_nb", "bil_nb", "annet_nb", "ingen_nb"]
    later = str((await step(editor, here, "add:side1", **{"kind-side1": "short_text"})).headers["location"])
    await fill(editor, later.split("#")[0], text__nb="Hva?", text__en="What?", condition="all",
               when__1__1="q2=annet_nb")  # fmt: skip

    # What was typed and not stored yet goes along; the keyboard stands on the button of the row that was moved.
    assert await press(editor, at, "up:options.2", options__0__nb="Trikk") == f"{at}#options.1.up"
    assert await codes(editor, here, "q2") == ["buss_nb", "annet_nb", "bil_nb", "ingen_nb"]
    form = fields((await editor.get(at)).text)
    assert form["options.0.nb"] == "Trikk"
    assert (form["options.1.nb"], form["options.1.en"], form["options.1.write"]) == ("Annet nb", "Annet en", "yes")
    assert form["options.3.exclusive"] == "yes"
    assert "options.2.write" not in form
    assert await press(editor, at, "down:options.0") == f"{at}#options.1.down"
    assert await codes(editor, here, "q2") == ["annet_nb", "buss_nb", "bil_nb", "ingen_nb"]
    outline = (await editor.get(here)).text
    assert "svarer «Annet nb» på «Hva bruker du?»" in outline

    # At an end nothing moves, and an emptied row is passed over.
    await press(editor, at, "up:options.0")
    await press(editor, at, "down:options.3")
    await press(editor, at, "down:options.99")
    assert await codes(editor, here, "q2") == ["annet_nb", "buss_nb", "bil_nb", "ingen_nb"]
    await press(editor, at, "down:options.0", options__1__nb="", options__1__en="")
    assert await codes(editor, here, "q2") == ["bil_nb", "annet_nb", "ingen_nb"]


@pytest.mark.parametrize(
    ("kind", "name", "more"),
    [("grid", "statements", {"low__nb": "Lite", "high__nb": "Mye"}), ("ranking", "options", {"most": "2"})],
)
async def test_statements_and_what_is_ranked_move_too(
    editor: httpx.AsyncClient, kind: str, name: str, more: dict[str, str]
) -> None:
    here = await wrote(editor)
    at = str((await step(editor, here, "add:side1", **{"kind-side1": kind})).headers["location"]).split("#")[0]
    rows = {f"{name}__{number}__nb": word for number, word in enumerate(("Lys", "Benker", "Rydding"))}
    await fill(editor, at, text__nb="Hva mener du?", **more, **rows)
    page = (await editor.get(at)).text
    assert f'id="{name}.0.up"' not in page
    assert f'id="{name}.2.down"' not in page
    await press(editor, at, f"up:{name}.2")
    assert await codes(editor, here, "q2", name) == ["lys", "rydding", "benker"]


async def test_an_alternative_moves_with_its_picture_and_a_second_click_is_no_quarrel(
    editor: httpx.AsyncClient,
) -> None:
    here, at = await a_pair(editor)
    words = WORDS | {"options.0.shows.nb": "En benk"}
    await send(editor, at, words, _0=("benk.png", png(10)))
    sent = fields((await editor.get(at)).text) | {"do": "down:options.0"}
    for _ in range(2):
        answer = await editor.post(at, data=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{at}#options.1.down")
    assert await codes(editor, here, "q2") == ["traer", "benker"]
    assert fields((await editor.get(at)).text)["options.1.shows.nb"] == "En benk"
    refused = await send(editor, at, words | {"do": "up:options.1"}, _1=("benk.svg", b"<svg/>"))
    assert 'href="#options.0.picture"' in refused.text
