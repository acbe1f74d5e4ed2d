"""Pictures of a choice between two, given in the editor: shown, replaced, removed, copied; or refused in words."""

import base64
import json
import re
from io import BytesIO

import httpx
import pytest
import yaml
from PIL import Image

from shared.events.questionnaire import Pair, strict
from shared.service import Runtime
from shared.testing import browser, sign_in
from tests.surveys.test_domain_pictures import SECRET, as_file, striped, talkative
from tests.surveys.test_editor_pages import base, begin, fill, step, wrote

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
WORDS = {"text.nb": "Hva helst?", "required": "yes", "options.0.nb": "Benker", "options.1.nb": "Trær"}
ALT = {"options.0.shows.nb": "En benk", "options.1.shows.nb": "Et tre"}


def png(red: int, width: int = 40) -> bytes:
    """A picture of one colour, as it is kept."""
    return as_file(Image.new("RGB", (width, width), (red, 120, 60)), "PNG")


def address(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


async def a_pair(editor: httpx.AsyncClient) -> tuple[str, str]:
    """A questionnaire, and the form of a choice between two that has its texts."""
    here = await wrote(editor)
    at = str((await step(editor, here, "add:side1", **{"kind-side1": "pair"})).headers["location"]).split("#")[0]
    await send(editor, at, WORDS)
    return here, at


async def send(
    editor: httpx.AsyncClient, at: str, words: dict[str, str], /, **files: tuple[str, bytes]
) -> httpx.Response:
    """The form as a browser sends it, with both file fields and the codes the page has; ``_0`` is ``options.0``."""
    page = (await editor.get(at)).text
    codes = dict(re.findall(r'name="(options\.\d+\.code)" value="([^"]*)"', page))
    sent = {f"options.{name[1:]}.picture": (*file, "application/octet-stream") for name, file in files.items()}
    chosen = {"options.0.picture": ("", b""), "options.1.picture": ("", b"")} | sent
    return await editor.post(at, data={"base": await base(editor, at), **codes, **words}, files=chosen)


async def content(editor: httpx.AsyncClient, here: str) -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load((await editor.get(f"{here}/export.yaml")).text)
    return loaded


async def test_a_picture_is_given_shown_replaced_and_removed(editor: httpx.AsyncClient) -> None:
    here, at = await a_pair(editor)
    bench, tree, other = png(10), png(20), png(30)
    assert (await send(editor, at, WORDS | ALT, _0=("benk.png", bench), _1=("tre.png", tree))).status_code == 303
    form = (await editor.get(at)).text
    assert address(bench) in form
    assert address(tree) in form
    assert 'value="En benk"' in form
    preview = f"/staff/surveys/questionnaires/{here.rsplit('/', 1)[1]}"
    assert f'src="{address(bench)}" alt="En benk"' in (await editor.get(preview)).text

    # A form sent again without a file keeps the pictures; a new one takes the place of one; a tick takes one away.
    await send(editor, at, WORDS | ALT | {"text.nb": "Hva vil du ha?"}, _0=("benk.png", other))
    form = (await editor.get(at)).text
    assert address(other) in form
    assert address(bench) not in form
    assert address(tree) in form
    await send(editor, at, WORDS | ALT | {"options.1.no_picture": "yes"})
    form = (await editor.get(at)).text
    assert address(other) in form
    assert address(tree) not in form
    assert "Et tre" not in form


async def test_a_picture_without_words_and_words_without_a_picture_are_faults_with_a_place(
    editor: httpx.AsyncClient,
) -> None:
    here, at = await a_pair(editor)
    await send(editor, at, WORDS | {"options.1.shows.nb": "Et tre"}, _0=("benk.png", png(10)))
    page = (await editor.get(here)).text
    assert "«Hva helst?» mangler tekst om hva bildet ved «Benker» viser, for dem som ikke ser det." in page
    assert "«Hva helst?» sier hva et bilde viser ved «Trær», men har ikke bildet." in page
    assert (await step(editor, here, "ready")).status_code == 422
    await send(editor, at, WORDS | {"options.0.shows.nb": "En benk"})
    assert "Ingenting å rette" in (await editor.get(here)).text
    await fill(editor, f"{here}/om", title__nb="N", introduction__nb="Vi vil gjøre det bedre.", minutes="2",
               language__en="yes")  # fmt: skip
    assert 'name="options.0.shows.en"' in (await editor.get(at)).text
    assert "«Hva helst?» mangler 4 tekster på engelsk." in (await editor.get(here)).text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (as_file(Image.new("1", (4000, 4000)), "PNG"), "Bildet har 16 millioner punkter. Gjør det mindre"),
        (SVG, "Filen er ikke et bilde av typen JPEG, PNG eller WebP, eller den er skadet."),
        (b"\x89PNG\r\n\x1a\n" + SVG, "Filen er ikke et bilde av typen JPEG, PNG eller WebP, eller den er skadet."),
        (b"\xff\xd8\xff" + SVG, "Filen er ikke et bilde av typen JPEG, PNG eller WebP, eller den er skadet."),
        (b"", "Filen er ikke et bilde av typen JPEG, PNG eller WebP, eller den er skadet."),
    ],
)
async def test_what_is_no_picture_is_refused_and_all_else_is_kept(
    editor: httpx.AsyncClient, data: bytes, said: str
) -> None:
    here, at = await a_pair(editor)
    words = WORDS | ALT | {"text.nb": "Hva vil du ha?"}
    refused = await send(editor, at, words, _0=("bilde.png", data), _1=("tre.png", png(20)))
    assert refused.status_code == 422
    assert said in refused.text
    assert "Alt annet er lagret." in refused.text
    assert 'href="#options.0.picture"' in refused.text
    # The other picture and every word are in the form that comes back, and stored.
    for page in (refused.text, (await editor.get(at)).text):
        assert address(png(20)) in page
        for text in ("Hva vil du ha?", "Benker", "Trær", "En benk", "Et tre"):
            assert f'value="{text}"' in page
    stored = json.dumps(await content(editor, here))
    assert stored.count('"png": ') == 1
    assert '"jpeg": ' not in stored


async def test_two_photographs_from_a_telephone_are_taken_without_what_it_wrote_in_them(
    editor: httpx.AsyncClient,
) -> None:
    here, at = await a_pair(editor)
    photo = ("IMG_1.jpg", talkative("JPEG", striped(4000, 3000), orientation=6) + bytes(7_000_000))
    assert (await send(editor, at, WORDS | ALT, _0=photo, _1=photo)).status_code == 303
    pair = strict(await content(editor, here)).pages[0].questions[-1]
    assert isinstance(pair, Pair)
    for option in pair.options:
        assert option.picture is not None
        kept = base64.b64decode(option.picture.jpeg or "")
        assert Image.open(BytesIO(kept)).size == (675, 900)
        assert SECRET not in kept


async def test_the_later_of_two_gets_words_and_picture_back_and_can_store_them(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    _, at = await a_pair(editor)
    before = await base(editor, at)
    async with browser(rt) as ola:
        sign_in(rt, ola, "editor", name="Ola Editor")
        await send(ola, at, WORDS | {"text.nb": "Hva liker du?"})
    codes = {"options.0.code": "benker", "options.1.code": "traer"}
    file = {"options.0.picture": ("benk.png", png(10), "image/png")}
    late = await editor.post(at, data={"base": before, **codes, **WORDS, **ALT}, files=file)
    assert late.status_code == 409
    assert address(png(10)) in late.text
    hidden = re.findall(r'name="(options\.\d\.carried)" value="([^"]*)"', late.text)
    assert hidden == [("options.0.carried", base64.b64encode(png(10)).decode())]
    await send(editor, at, WORDS | ALT | dict(hidden))
    assert address(png(10)) in (await editor.get(at)).text
    # So does a form that comes back because of another field.
    limit = {"when.1.1": "q1=", "least.1.1": "mange"}
    unread = await send(editor, at, WORDS | ALT | limit, _1=("tre.png", png(20)))
    assert unread.status_code == 422
    assert f'name="options.1.carried" value="{base64.b64encode(png(20)).decode()}"' in unread.text
    assert (await send(editor, at, WORDS | ALT | {"options.0.carried": "PHN2Zz4="})).status_code == 422
    assert (await send(editor, at, WORDS | ALT | {"options.0.carried": "ikke base64"})).status_code == 422


async def test_a_picture_follows_copies_exports_and_versions(editor: httpx.AsyncClient) -> None:
    here, at = await a_pair(editor)
    await send(editor, at, WORDS | ALT, _0=("benk.png", png(10)), _1=("tre.png", png(20)))
    await step(editor, here, "copy:q2")
    assert address(png(10)) in (await editor.get(f"{here}/q3")).text
    await step(editor, here, "delete:q3")
    await send(editor, at, WORDS | {"options.0.no_picture": "yes", "options.1.no_picture": "yes"})
    assert address(png(10)) not in (await editor.get(at)).text
    await step(editor, here, "undo")
    assert address(png(10)) in (await editor.get(at)).text
    twin = await begin(editor, "Et annet", source=here.rsplit("/", 1)[1])
    assert address(png(10)) in (await editor.get(f"{twin}/q2")).text
    assert strict(await content(editor, twin)).id == twin.rsplit("/", 1)[1]


async def test_an_alternative_with_a_picture_and_no_text_yet_is_not_lost(editor: httpx.AsyncClient) -> None:
    here = await wrote(editor)
    at = str((await step(editor, here, "add:side1", **{"kind-side1": "pair"})).headers["location"]).split("#")[0]
    await send(editor, at, {"text.nb": "Hva helst?", "options.1.shows.nb": "Et tre"}, _1=("tre.png", png(20)))
    form = (await editor.get(at)).text
    assert address(png(20)) in form
    assert "har et svaralternativ uten tekst på bokmål." in form
    await send(editor, at, {"text.nb": "Hva helst?", "options.0.no_picture": "yes"})
    assert address(png(20)) not in (await editor.get(at)).text
