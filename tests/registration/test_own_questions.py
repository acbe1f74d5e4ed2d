"""The municipality's own questions about oneself: optional, the member's own, and gone with the question."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest
import yaml

from services.registration.announcing import announce_installation
from services.registration.erasing import erase
from services.registration.my_page.store import as_data, own_page
from services.registration.store import lock_member
from services.registration.tables import Member, SignUp
from shared.events.registration import ConfirmationRequested, MemberJoined, ProfileChanged
from shared.profile import Profile
from shared.profile.own_questions import UnevenLanguages, read_lines, written_lines
from shared.service import Runtime
from shared.testing import browser, outbox, sign_in
from tests.profiles import write_profile
from tests.registration.given import DETAILS, a_member, send, signed_in
from tests.registration.test_municipality import form_of

LINES = {"nb": "Hvordan bor du?\n- Leilighet\n- Hus\n\nHar du barn?\n- Ja\n- Nei", "nn": "", "en": ""}
QUESTIONS = read_lines(LINES, ())


@pytest.fixture
async def asking(runtime_of: Callable[..., Awaitable[Runtime]], tmp_path: Path) -> Runtime:
    """Registration of a municipality that asks how people live and whether they have children."""
    rt = await runtime_of("registration", profile=write_profile(tmp_path / "egen", own_questions=QUESTIONS))
    await announce_installation(rt)
    return rt


async def answers(rt: Runtime, member_id: UUID) -> list[str]:
    async with rt.transaction() as session:
        return (await session.get_one(Member, member_id)).own_answers


def test_lines_are_read_in_every_language_and_written_as_they_were() -> None:
    both = LINES | {"en": "How do you live?\n- Flat\n- House\nChildren?\n- Yes\n- No"}
    profile = Profile(number="3201", name="Bærum kommune", own_questions=read_lines(both, ()))
    assert written_lines(profile.own_questions, "nb") == LINES["nb"]
    assert [q.text["en"] for q in profile.own_questions] == ["How do you live?", "Children?"]
    assert profile.own_questions[0].answers == ("hvordan-bor-du:leilighet", "hvordan-bor-du:hus")
    # Corrected in one language, the answers people gave stay theirs.
    corrected = read_lines(both | {"nb": both["nb"].replace("Leilighet", "I leilighet")}, profile.own_questions)
    assert corrected[0]["options"][0]["code"] == "leilighet"  # type: ignore[index]
    with pytest.raises(UnevenLanguages):
        read_lines(LINES | {"en": "How do you live?\n- Flat"}, ())


@pytest.mark.parametrize(
    "lines", ["A?\n- x\n- y\n" * 4, "A?\n- x", "A?\n- x\n- x", "A?\n- x\n- y\nA?\n- x\n- y", "A?\n" + "- {}\n" * 13]
)
def test_too_many_too_few_and_twins_are_refused(lines: str) -> None:
    numbered = iter(range(99))
    text = re.sub(r"\{\}", lambda _: str(next(numbered)), lines)
    with pytest.raises(ValueError, match="own_questions"):
        Profile(number="3201", name="Bærum kommune", own_questions=read_lines({"nb": text}, ()))


async def test_what_a_person_tells_is_kept_shown_changed_taken_along_and_erased(asking: Runtime) -> None:
    rt = asking
    async with browser(rt) as client:
        form = (await client.get("/join")).text
        assert "Hvordan bor du?" in form
        assert form.count("Vil ikke svare") == 2
        own_answers = ["hvordan-bor-du:hus", "", "hvordan-bor-du:slott", "alder:90"]
        member_id = await signed_in(client, rt, own_answers=own_answers)
        assert await answers(rt, member_id) == ["hvordan-bor-du:hus"], "only what was asked"
        assert "<dd>Hus</dd>" in (await client.get(f"/me?id={member_id}")).text
        async with rt.transaction() as session:
            page = await own_page(session, member_id)
            assert page is not None
            assert as_data(page)["told_about_yourself"] == ["hvordan-bor-du:hus"]
        new = {"id": str(member_id), **DETAILS}
        await client.post("/me/details", data=new | {"own_answers": ["hvordan-bor-du:leilighet", "har-du-barn:ja"]})
        assert await answers(rt, member_id) == ["har-du-barn:ja", "hvordan-bor-du:leilighet"]
        await client.post("/me/details", data=new | {"own_answers": ["", ""]})
        assert await answers(rt, member_id) == []
        await client.post("/me/details", data=new | {"own_answers": ["har-du-barn:ja"]})
        await client.post("/me/details", data=new)
        assert await answers(rt, member_id) == ["har-du-barn:ja"], "a form without the questions changes nothing"
        assert "«Har du barn?»" in (await client.get("/privacy")).text
    (event,) = await outbox(rt, MemberJoined)
    assert "barn" not in event.model_dump_json(), "nobody else gets it"
    async with rt.transaction() as session:
        member = await lock_member(session, member_id)
        assert member is not None
        await erase(session, member, rt.now())
    assert await answers(rt, member_id) == []


async def test_a_question_that_is_asked_no_more_takes_its_answers_with_it(asking: Runtime, tmp_path: Path) -> None:
    rt = asking
    async with browser(rt) as client:
        member_id = await a_member(client, rt, own_answers=["hvordan-bor-du:hus", "har-du-barn:nei"])
        await send(client, rt, email="ny@example.org", own_answers=["har-du-barn:ja"])
        request = (await outbox(rt, ConfirmationRequested))[-1]
        assert isinstance(request, ConfirmationRequested)
        sign_in(rt, client, "admin")
        fewer = form_of(rt.profile, **{"own_questions.nb": "Hvordan bor du?\n- Leilighet\n- Hus"})
        assert (await client.post("/staff/registration/profile", data=fewer)).status_code == 303
        uneven = form_of(rt.profile, **{"own_questions.nb": "A?\n- x\n- y", "own_questions.en": "B?\n- z"})
        page = await client.post("/staff/registration/profile", data=uneven)
        assert page.status_code == 422
        assert "like mange på hvert språk" in page.text
        assert "B?\n- z" in page.text, "what was written stays"
    (event,) = await outbox(rt, ProfileChanged)
    assert isinstance(event, ProfileChanged)
    assert [question["id"] for question in event.choices["own_questions"]] == ["hvordan-bor-du"]
    await announce_installation(rt)
    assert await answers(rt, member_id) == ["hvordan-bor-du:hus"]
    async with rt.transaction() as session:
        sign_up = await session.get_one(SignUp, (request.member_id, request.generation))
    assert sign_up.own_answers == []


async def test_staff_see_how_many_told_what_and_no_number_of_a_few(asking: Runtime) -> None:
    rt = asking
    async with browser(rt) as client:
        for number in range(6):
            home = "hvordan-bor-du:hus" if number else "hvordan-bor-du:leilighet"
            await a_member(client, rt, email=f"m{number}@example.org", own_answers=[home])
        sign_in(rt, client, "reader")
        page = (await client.get("/staff/registration")).text
    rows = dict(re.findall(r'<th scope="row">(Leilighet|Hus|Ja)</th><td class="panel-figure">([^<]+)</td>', page))
    assert rows == {"Leilighet": "færre enn 5", "Hus": "5", "Ja": "0"}


def test_questions_of_a_folder_are_read(tmp_path: Path) -> None:
    folder = write_profile(tmp_path / "egen", own_questions=QUESTIONS)
    assert yaml.safe_load((folder / "profile.yaml").read_text())["own_questions"] == QUESTIONS
