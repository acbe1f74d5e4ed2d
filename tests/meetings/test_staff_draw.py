"""Staff set quotas, make a draw ready, see every chance, and enter what was thrown; what cannot be is explained."""

import hashlib
import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.seats import looking
from services.meetings.seats.committing import prepare_draws
from services.meetings.seats.preparing import candidates_of
from services.meetings.seats.randomness import next_round, round_comes_at
from services.meetings.tables import Candidate, Draw, Meeting
from services.meetings.verify import digest, program
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, sign_in
from tests.meetings.given import a_meeting, fresh, invitations, states
from tests.meetings.test_staff_pages import the_form
from tests.members import many, margins


async def made_ready(rt: Runtime, editor: httpx.AsyncClient, meeting: Meeting) -> str:
    """Staff press the button and the job has run; the draw's page."""
    page = f"/staff/meetings/{meeting.id}/draw"
    await editor.post(page, data={"action": "prepare"})
    await prepare_draws(rt)
    await editor.post(page, data={"action": "announce"})
    return (await editor.get(page)).text


async def test_the_draw_shows_how_many_and_who_before_it_is_made_once(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_meeting(rt)
    path = f"/staff/meetings/{meeting.id}/draw"
    page = (await editor.get(path)).text
    assert "<strong>6</strong> av <strong>30</strong>" in page
    assert "Kvotene følger befolkningen" in page
    assert "/staff/notifications/preview?purpose=meeting&amp;" in page
    await editor.post(path, data={"action": "draw", "randomness": "437"})
    assert await invitations(rt) == [], "nothing is drawn before it is committed to"
    await editor.post(path, data={"action": "prepare"})
    assert "Loddene lages nå" in (await editor.get(path)).text
    ready = await made_ready(rt, editor, meeting)
    assert "Trekningen er klar og kunngjort. 1\u00a0000 lodd er laget" in ready
    assert "20,0\u00a0%" in ready, "six of thirty"
    async with browser(rt) as client:
        public = (await client.get(f"/meetings/{meeting.slug}")).text
    assert "15–24 år" in public
    assert "tenfor områdene" not in ready + public, "there are no areas to be outside of"
    empty = await editor.post(path, data={"action": "draw"})
    assert (empty.status_code, "Skriv det som ble trukket" in empty.text) == (422, True)
    error_page = await editor.post(f"/staff/meetings/{meeting.id}/change", data=the_form(rt, seats="7"))
    assert "plassene er låst" in error_page.text
    for _ in range(2):
        assert (await editor.post(path, data={"action": "draw", "randomness": "437"})).status_code == 303
    assert await states(rt) == {"invited": 6}
    page = (await editor.get(f"/staff/meetings/{meeting.id}")).text
    assert "0 av 6 plasser er fylt" in page
    assert page.count("trakk deltakerne") == 1
    assert page.count("gjorde trekningen klar") == 1
    public = (await editor.get(f"/meetings/{meeting.slug}")).text
    assert "<dd>437</dd>" in public
    assert "6 trukket blant 30" in public
    assert '<th scope="row">Kvinner</th>' in public
    assert "3 kvinner og 3 menn" not in public, "the record says it once, in figures"


async def test_every_groups_pool_seats_and_chance_are_seen_before_anything_is_announced(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    people = [
        person.model_copy(update={"gender": "male" if n < 24 else "female"})
        for n, person in enumerate(many(rt.now(), 30))
    ]
    await deliver(margins(), *people)
    meeting = await a_meeting(rt)
    path = f"/staff/meetings/{meeting.id}/draw"
    await editor.post(path, data={"action": "prepare"})
    await prepare_draws(rt)
    page = (await editor.get(path)).text
    assert "Ingenting er kunngjort ennå" in page
    rows = re.findall(r'<th scope="row">(Kvinner|Menn)</th>' + r'<td class="panel-figure">([^<]*)</td>' * 3, page)
    assert rows == [("Kvinner", "6", "3", "50,0\u00a0%"), ("Menn", "24", "3", "12,5\u00a0%")]
    public = (await editor.get(f"/meetings/{meeting.slug}")).text
    assert "Fingeravtrykk" not in public
    assert (await editor.get(f"/meetings/{meeting.slug}/draw.json")).status_code == 404
    await editor.post(path, data={"action": "draw", "randomness": "437"})
    assert await invitations(rt) == []
    await editor.post(path, data={"action": "cancel"})
    assert "Avlyste trekninger" not in (await editor.get(f"/meetings/{meeting.slug}")).text, "nothing was promised"
    again = await made_ready(rt, editor, meeting)
    assert "Trekk og inviter 6" in again
    public = (await editor.get(f"/meetings/{meeting.slug}")).text
    assert "Fingeravtrykk" in public
    assert "ingen står på mer enn ett lodd mer enn en annen" in public
    assert "flytter ingen sjanse mer enn 0,00 prosentpoeng" in again


async def test_the_pool_is_read_again_only_when_something_in_it_has_changed(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_meeting(rt)
    draw_ids: list[UUID] = []

    async def counted(session: AsyncSession, draw_id: UUID) -> list[Candidate]:
        draw_ids.append(draw_id)
        return await candidates_of(session, draw_id)

    monkeypatch.setattr(looking, "candidates_of", counted)
    first = await made_ready(rt, editor, meeting)
    page = f"/staff/meetings/{meeting.id}/draw"
    assert (await editor.get(page)).text == first
    assert len(draw_ids) == 1
    async with rt.transaction() as session:
        await session.execute(sa.update(Candidate).where(Candidate.number == 3).values(person="0" * 64))
    assert "Ingen kan trekkes med den." in (await editor.get(page)).text
    assert len(draw_ids) == 2


async def test_the_kind_of_randomness_is_announced_and_every_fault_of_it_told(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_meeting(rt)
    path = f"/staff/meetings/{meeting.id}/draw"
    for wrong, words in (
        ({"kind": "coin"}, "Velg hvordan loddet skal trekkes."),
        ({"kind": "lottery", "numbers": "7"}, "Skriv hvilket lotteri"),
        ({"kind": "lottery", "of": "Lotto", "numbers": "0"}, "Skriv hvor mange tall, fra 1 til 20."),
        ({"kind": "drand", "round": "neste"}, "Skriv nummeret på en runde som ikke har vært"),
        ({"kind": "drand", "round": "12 345"}, "Skriv nummeret på en runde som ikke har vært"),
        ({"kind": "drand", "round": str(next_round(rt.now()) - 1)}, "Skriv nummeret på en runde som ikke har vært"),
        ({"kind": "drand", "round": "9" * 11}, "Skriv nummeret på en runde som ikke har vært"),
    ):
        answer = await editor.post(path, data={"action": "prepare", **wrong})
        assert (answer.status_code, words in answer.text) == (422, True)
    match = re.search(r'name="round"[^>]*value="([0-9]+)"', (await editor.get(path)).text)
    assert match is not None
    proposed = match[1]
    await editor.post(path, data={"action": "prepare", "kind": "drand", "round": proposed})
    assert f"runde {proposed} hos drand" in await made_ready(rt, editor, meeting)
    assert f"Runde {proposed} hos drand" in (await editor.get(f"/meetings/{meeting.slug}")).text
    short = await editor.post(path, data={"action": "draw", "randomness": "abc"})
    assert (short.status_code, "64 tegn" in short.text) == (422, True)
    await editor.post(path, data={"action": "draw", "randomness": "0F" * 32})
    assert await states(rt) == {"invited": 6}
    assert "0f" * 32 in (await editor.get(f"/meetings/{meeting.slug}")).text


async def test_a_round_of_drand_that_came_before_the_announcement_is_not_announced(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    """Who knows what a round gave could have made tickets for it."""
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_meeting(rt)
    path = f"/staff/meetings/{meeting.id}/draw"
    number = next_round(rt.now())
    await editor.post(path, data={"action": "prepare", "kind": "drand", "round": str(number)})
    await prepare_draws(rt)
    move(rt, round_comes_at(number) - rt.now())
    late = await editor.post(path, data={"action": "announce"})
    assert (late.status_code, "Runden hos drand har vært" in late.text) == (422, True)
    assert "Forkast loddene" in late.text


async def test_quotas_set_by_hand_are_what_is_drawn(rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_meeting(rt)
    path = f"/staff/meetings/{meeting.id}/quotas"
    proposal = (await editor.get(path)).text
    assert re.findall(r'name="(?:least|most)-gender-[^"]*" inputmode="numeric" value="(\d+)"', proposal) == ["3"] * 4
    wrong = await editor.post(path, data={"action": "hand", "least-gender-male": "x", "least-gender-female": "2"})
    assert (wrong.status_code, "menn som et helt tall fra 0 til 6" in wrong.text) == (422, True)
    assert '<td colspan="5"><p class="ds-validation-message" id="least-gender-male-error">' in wrong.text
    turned = await editor.post(path, data={"action": "hand", "least-band-15-24": "3", "most-band-15-24": "2"})
    assert "Minst kan ikke være mer enn høyst for 15–24 år." in turned.text
    many_ = {"action": "hand", "least-gender-female": "4", "least-gender-male": "4"}
    assert "blir 8. Møtet har 6 plasser." in (await editor.post(path, data=many_)).text
    draw = f"/staff/meetings/{meeting.id}/draw"
    await editor.post(path, data={"action": "hand", "least-gender-female": "6", "most-gender-female": "6"})
    assert "minst 6" not in (await editor.get(draw)).text, "six of six seats is six"
    hand = {"action": "hand", "least-gender-female": "4", "most-gender-female": "4", "most-band-45-": "0"}
    assert (await editor.post(path, data=hand)).status_code == 303
    assert "Dere har satt kvotene" in (await editor.get(draw)).text
    ready = await made_ready(rt, editor, meeting)
    never = int(re.findall(r"(\d+) kan ikke bli trukket", ready)[0])
    details = ready.partition("<summary>Vis hvem det er</summary>")[2].partition("</details>")[0]
    assert sum(map(int, re.findall(r"<li>(\d+): ", details))) == never > 0, "types may be hundreds, so they are folded"
    await editor.post(draw, data={"action": "draw", "randomness": "001"})
    kinds = [(row.gender, row.band) for row in await invitations(rt)]
    assert sum(gender == "female" for gender, _ in kinds) == 4
    assert all(band != "45-" for _, band in kinds), "a quota of 0 is kept"


async def test_quotas_follow_the_panel_or_the_population_by_a_button(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    people = many(rt.now(), 30)
    await deliver(margins(), *(person.model_copy(update={"gender": "female"}) for person in people))
    meeting = await a_meeting(rt)
    path = f"/staff/meetings/{meeting.id}/quotas"
    await editor.post(path, data={"action": "panel"})
    limits = {(row["feature"], row["value"]): row["least"] for row in (await fresh(rt, meeting.id)).limits or []}
    assert (limits["gender", "female"], limits["gender", "male"]) == (6, 0)
    await editor.post(path, data={"action": "population"})
    assert (await fresh(rt, meeting.id)).limits is None


async def test_quotas_for_ages_there_are_no_more_draw_nobody(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_meeting(rt, limits=[{"feature": "band", "value": "13-14", "least": 0, "most": 6}], by_hand=True)
    assert "som ikke finnes lenger" in (await editor.get(f"/staff/meetings/{meeting.id}/draw")).text
    await made_ready(rt, editor, meeting)
    await editor.post(f"/staff/meetings/{meeting.id}/draw", data={"action": "draw", "randomness": "001"})
    assert await invitations(rt) == []


async def test_quotas_that_cannot_be_kept_are_explained_with_the_smallest_change(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 18))
    meeting = await a_meeting(rt)
    hand = {"action": "hand", "least-gender-female": "6", "most-band-45-": "0", "most-band-15-24": "2"}
    saved = await editor.post(f"/staff/meetings/{meeting.id}/quotas", data=hand, follow_redirects=True)
    assert "Kvotene er lagret." in saved.text
    page = await made_ready(rt, editor, meeting)
    assert "Ingen gruppe på 6 holder alle kvotene" in page
    assert "Alder «45 år og eldre» skal ha høyst 0." in page
    assert "i stedet for" in page
    assert "Trekk og inviter" not in page
    assert await invitations(rt) == []
    await editor.post(f"/staff/meetings/{meeting.id}/quotas", data={"action": "population"})
    assert "Trekningen er klar" in await made_ready(rt, editor, meeting)


async def test_a_draw_without_anybody_or_after_the_deadline_says_why(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    meeting = await a_meeting(rt)
    path = f"/staff/meetings/{meeting.id}/draw"
    assert "Ingen kan trekkes i dag" in (await editor.get(path)).text
    again = await editor.post(path, data={"action": "prepare"})
    assert again.headers["location"].endswith("/draw")
    await deliver(*many(rt.now(), 30))
    await made_ready(rt, editor, meeting)
    move(rt, timedelta(days=8))
    sign_in(rt, editor, "editor")
    assert "Fristen for å svare er passert" in (await editor.get(path)).text
    await editor.post(path, data={"action": "draw", "randomness": "437"})
    assert await invitations(rt) == []


async def test_a_draw_the_old_program_announced_is_refused_and_says_why(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_meeting(rt)
    path = f"/staff/meetings/{meeting.id}/draw"
    assert "Trekningen er klar" in await made_ready(rt, editor, meeting)
    old = "# the program of that time"
    async with rt.transaction() as session:
        draw = (await session.scalars(sa.select(Draw))).one()
        assert draw.promise is not None
        draw.promise = draw.promise | {"verifier": hashlib.sha256(old.encode()).hexdigest()}
        draw.digest, draw.program = digest(draw.promise), old
    page = (await editor.get(path)).text
    assert "Programmet er byttet ut etter at trekningen ble gjort klar" in page
    assert "Ingen har endret noe annet." in page
    assert "Finn også ut hvem" not in page
    error_page = await editor.post(path, data={"action": "draw", "randomness": "437"})
    assert error_page.status_code == 422
    assert await invitations(rt) == []
    public = (await editor.get(f"/meetings/{meeting.slug}")).text
    assert "Noe i trekningen er endret" not in public, "the promise stands as it was"
    assert (await editor.get(f"/meetings/{meeting.slug}/verify.py")).text == old, "it is checked by its own program"
    await editor.post(path, data={"action": "cancel", "reason": "Programmet er byttet ut."})
    assert "Trekningen er klar" in await made_ready(rt, editor, meeting), "and it is made anew"
    assert (await editor.get(f"/meetings/{meeting.slug}/verify.py")).content == program()
