"""A municipality's profile: what the administrator chooses wins, is told to everybody, and can be read."""

import re
from pathlib import Path
from xml.etree.ElementTree import register_namespace

import pytest
import sqlalchemy as sa

import shared.web
from services.registration.announcing import announce_installation
from services.registration.municipality.staff import differing
from services.registration.population.domain import bands_from
from services.registration.tables import Margins
from shared.events.registration import AgeBand, PopulationMarginsSet, ProfileChanged
from shared.profile import SHIPPED, BadProfile, Profile, load_profile
from shared.profile.keeping import PROFILE_ID, take_up_profile
from shared.service import Runtime
from shared.testing import browser, outbox, sign_in
from shared.web.staff import audit_of
from tests.profiles import write_profile

STATIC = Path(shared.web.__file__).parent / "static"


def form_of(profile: Profile, **changes: object) -> dict[str, object]:
    """The profile as the page's form sends it."""
    content: dict[str, object] = {
        name: getattr(profile, name)
        for name in (
            "name", "contact_email", "data_protection_email", "accessibility_url", "accent", "start_size",
            "goal_size", "minimum_age", "contact_cap",
        )
    }  # fmt: skip
    content |= {"languages": list(profile.languages), "first_language": profile.languages[0]}
    content |= {f"{page}.{code}": text for page, texts in profile.texts.items() for code, text in texts.items()}
    return content | changes


async def test_what_an_administrator_chooses_shows_at_once_and_is_told_and_audited(rt: Runtime) -> None:
    async with browser(rt) as client:
        sign_in(rt, client, "admin")
        changes = {"accent": "#7a1fa2", "goal_size": "600", "front.nb": "# Bli hørt\n\nVi spør deg."}
        answer = await client.post("/staff/registration/profile", data=form_of(rt.profile, **changes))
        assert answer.status_code == 303
        (event,) = await outbox(rt, ProfileChanged)
        choices = {"accent": "#7a1fa2", "goal_size": 600, "texts": {"front": {"nb": "# Bli hørt\n\nVi spør deg."}}}
        assert isinstance(event, ProfileChanged)
        assert event.choices == choices, "and nothing that is as installed"
        page = (await client.get("/")).text
        assert "Bli hørt" in page
        assert "--ds-color-accent-base-default:#7a1fa2" in page
        assert "600" in page
        async with rt.transaction() as session:
            assert [row.detail for row in await audit_of(session, PROFILE_ID)] == [
                {"entries": ["accent", "goal_size", "texts"]}
            ]
        # Another process of the service has it from the table.
        rt.profile, rt.profile_changed_at = rt.settings.installed, None
        await take_up_profile(rt)
        profile = rt.profile
        assert profile.goal_size == 600
        await take_up_profile(rt)
        assert rt.profile is profile, "what has not changed is not read again"
        assert "Opplysningene" not in rt.profile.texts["front"]["nn"], "texts that were not changed stay"
        # A value set back to the installed one is no choice any more.
        await client.post("/staff/registration/profile", data=form_of(rt.settings.installed))
        assert rt.profile == rt.settings.installed


async def test_a_new_lowest_age_is_counted_and_told_to_every_service(rt: Runtime) -> None:
    async def told() -> PopulationMarginsSet:
        *_, event = await outbox(rt, PopulationMarginsSet)
        assert isinstance(event, PopulationMarginsSet)
        return event

    shipped = await told()
    assert shipped.bands[0] == AgeBand(code="15-24", age_from=15, age_to=24)
    async with browser(rt) as client:
        sign_in(rt, client, "admin")
        file = "kode;område;postnumre;innbyggere;kjønn;alder\nv;Vest;1336;100;kvinner;15-24\n"
        await client.post("/staff/registration/areas", files={"file": ("a.csv", file)})
        assert (await told()).area_margins[0].cells
        await client.post("/staff/registration/profile", data=form_of(rt.profile, minimum_age="18"))
        grown = await told()
        assert grown.bands[0] == AgeBand(code="18-24", age_from=18, age_to=24)
        assert 0 < sum(m.population for m in grown.margins) < sum(m.population for m in shipped.margins)
        assert [(area.label, area.population, area.cells) for area in grown.area_margins] == [("Vest", 100, ())]
        page = (await client.get("/staff/registration")).text
        assert "18–24 år" in page
        assert "som er 18 år eller eldre" in page
        population = (await client.get("/staff/registration/population")).text
        assert "som var 18 år eller eldre" in population
        assert "15–24 år" not in population
        many = len(await outbox(rt, PopulationMarginsSet))
        await announce_installation(rt)
        assert len(await outbox(rt, PopulationMarginsSet)) == many, "what is so already is not told again"
        await client.post("/staff/registration/profile", data=form_of(rt.settings.installed))
        again = await told()
        assert (again.bands, again.margins) == (shipped.bands, shipped.margins)
        assert again.area_margins[0].cells


async def test_an_installation_counted_by_an_older_release_is_counted_anew(rt: Runtime) -> None:
    async with rt.transaction() as session:
        await session.execute(sa.update(Margins).values(figures=None, bands=bands_from(18), margins=()))
    await announce_installation(rt)
    first, second = await outbox(rt, PopulationMarginsSet)
    assert isinstance(first, PopulationMarginsSet)
    assert isinstance(second, PopulationMarginsSet)
    assert (second.bands, second.margins) == (first.bands, first.margins)


_MARK = """<?xml version="1.0" encoding="UTF-8"?>
<!-- HEMMELIG -->
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:i="http://inkscape.test/i"
  viewBox="0 0 9 9" i:export-filename="/home/HEMMELIG/merke.png">
  <!-- HEMMELIG --><metadata><by xmlns="http://purl.test/dc">HEMMELIG</by></metadata><i:view name="HEMMELIG"/>
  <title>Vårt merke</title><style>.a { fill: red }</style><defs><path id="a" d="M1 1h5v5z"/></defs>
  <g i:label="HEMMELIG" class="a"><use xlink:href="#a"/></g></svg>"""


async def test_a_new_mark_is_the_drawing_without_what_a_program_wrote_beside_it(rt: Runtime) -> None:
    # As a library does that writes another language.
    register_namespace("", "http://www.w3.org/2002/xforms")
    async with browser(rt) as client:
        sign_in(rt, client, "admin")

        async def give(mark: bytes) -> int:
            file = {"logo": ("merke.svg", mark, "image/svg+xml")}
            return (await client.post("/staff/registration/profile", data=form_of(rt.profile), files=file)).status_code

        assert await give(_MARK.encode()) == 303
        shown = (await client.get("/profile/mark.svg")).text
        assert "HEMMELIG" not in shown
        assert "HEMMELIG" not in str(await outbox(rt, ProfileChanged))
        for kept in ('viewBox="0 0 9 9"', ">Vårt merke<", ".a { fill: red }", 'class="a"', 'xlink:href="#a"', 'd="M1'):
            assert kept in shown
        for wrong in (b"\x89PNG", b"<svg", b"<html/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'):
            assert await give(wrong) == 422
        assert (await client.get("/profile/mark.svg")).text == shown


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"accent": "rød"}, "Skriv fargen som # og seks tegn"),
        ({"goal_size": "mange"}, "Skriv et tall, for eksempel 500"),
        ({"start_size": "900"}, "kan ikke kreve flere medlemmer enn målet"),
        ({"languages": []}, "Velg minst ett språk"),
        ({"name": ""}, "Kommunens navn må være på én linje"),
    ],
)
async def test_a_choice_that_cannot_be_is_refused_with_words(rt: Runtime, change: dict[str, str], told: str) -> None:
    async with browser(rt) as client:
        sign_in(rt, client, "admin")
        answer = await client.post("/staff/registration/profile", data=form_of(rt.profile, **change))
    assert answer.status_code == 422
    assert told in answer.text
    assert await outbox(rt, ProfileChanged) == []


async def test_only_an_administrator_changes_the_profile(rt: Runtime) -> None:
    async with browser(rt) as client:
        sign_in(rt, client, "editor")
        assert (await client.post("/staff/registration/profile", data=form_of(rt.profile))).status_code == 403
        assert "Bare den som er administrator" in (await client.get("/staff/registration/profile")).text


def test_what_is_as_installed_is_no_choice() -> None:
    profile = load_profile(SHIPPED / "baerum")
    assert differing(profile, {**profile.model_dump(), "goal_size": 700}) == {"goal_size": 700}


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"number": "301"}, "profile.yaml: number: String should match"),
        ({"accent": "green"}, "profile.yaml: accent: String should match"),
        ({"number": 301}, "profile.yaml: number: it must be text; digits and colours stand in quotes"),
        ({"goal": 500}, "profile.yaml: goal: there is no such entry"),
        ({"languages": ["nb", "se"]}, "profile.yaml: languages: it must be one or more of nb, nn, en"),
    ],
)
def test_a_wrong_entry_is_named_in_one_line(tmp_path: Path, entries: dict[str, object], words: str) -> None:
    with pytest.raises(BadProfile) as refusal:
        load_profile(write_profile(tmp_path, **entries))
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("profile.yaml", b"name: Oslo\nnumber: [", "profile.yaml is no YAML (while parsing a flow node"),
        (
            "profile.yaml",
            b"name: Oslo\ngoal: {a: b?, c}",
            "expected ',' or '}', but got '?' in \"<unicode string>\", line 2",
        ),
        ("profile.yaml", "name: Bærum".encode("latin-1"), "profile.yaml is no text in UTF-8"),
        ("texts/about.nn.md", "å".encode("latin-1"), "about.nn.md is no text in UTF-8"),
        ("logo.svg", b"\x89PNG", "logo.svg is no text in UTF-8"),
        ("texts/abuot.nn.md", b"# Om", "abuot.nn.md would show nowhere: name it <page>.<language>.md"),
        ("texts/about.no.md", b"# Om", "about.no.md would show nowhere"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_in_one_line(tmp_path: Path, file: str, content: bytes, words: str) -> None:
    folder = write_profile(tmp_path)
    (folder / "texts").mkdir()
    (folder / file).write_bytes(content)
    with pytest.raises(BadProfile) as refusal:
        load_profile(folder)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


async def test_a_shared_link_shows_a_picture_that_is_there_and_what_the_page_is(rt: Runtime) -> None:
    async with browser(rt) as client:
        page = (await client.get("/accessibility")).text
    (picture,) = re.findall(r'<meta property="og:image" content="([^"]+)">', page)
    assert picture.startswith(f"{rt.settings.public_url}/")
    assert (STATIC / picture.rpartition("/")[2]).read_bytes().startswith(b"\x89PNG")
    assert '<meta property="og:title" content="Tilgjengelighetserklæring">' in page
    assert ">Tilgjengelighets\u00aderklæring</h1>" in page, "on a phone it breaks where its parts meet"
