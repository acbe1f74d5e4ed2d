"""Staff see the mail about a survey before it exists, word for word as it would be sent."""

from datetime import UTC, datetime

import pytest

from shared.service import Runtime
from shared.testing import browser, sign_in

ASKED = {
    "purpose": "survey",
    "language": "nb",
    "title": "Kommuneavisen Bæringen",
    "topic": "Bæringen",
    "introduction": "Kommunen gir ut avisen <b>Bæringen</b>.",
    "minutes": "4",
    "closes_at": datetime(2027, 3, 12, 23, tzinfo=UTC).isoformat(),
}


async def test_the_letter_is_shown_without_a_link_that_opens_anything(rt: Runtime) -> None:
    async with browser(rt) as staff:
        sign_in(rt, staff, "reader")
        answer = await staff.get("/staff/notifications/preview", params=ASKED)
    assert answer.status_code == 200
    assert "Ny undersøkelse om Bæringen: 4 minutter, til 12. mars" in answer.text
    assert "Hei, Kari Eksempel!" in answer.text
    assert "Kommunen gir ut avisen &lt;b&gt;Bæringen&lt;/b&gt;." in answer.text
    assert "/surveys/answer/…" in answer.text
    assert "/mail/unsubscribe/surveys/…" in answer.text
    assert "<html" not in answer.text


async def test_opened_by_itself_it_is_a_page(rt: Runtime) -> None:
    async with browser(rt, headers={"Sec-Fetch-Dest": "document"}) as staff:
        sign_in(rt, staff, "reader")
        page = (await staff.get("/staff/notifications/preview", params=ASKED | {"purpose": "reminder"})).text
    assert "<h1" in page
    assert "Påminnelse om undersøkelsen om Bæringen" in page


@pytest.mark.parametrize(
    "wrong",
    [{"purpose": "sign_in"}, {"minutes": "mange"}, {"closes_at": "i morgen"}, {"title": ""}, {"title": "x" * 2000}],
)
async def test_what_is_no_survey_is_refused(rt: Runtime, wrong: dict[str, str]) -> None:
    async with browser(rt) as staff:
        sign_in(rt, staff, "reader")
        answer = await staff.get("/staff/notifications/preview", params=ASKED | wrong)
    assert answer.status_code == 422


async def test_a_meetings_invitation_is_shown_with_place_and_hours(rt: Runtime) -> None:
    form = {
        "purpose": "meeting",
        "title": "Torget",
        "introduction": "Hva skal torget brukes til?",
        "place": "Kommunegården",
        "starts_at": "2027-03-17T17:00:00+00:00",
        "ends_at": "2027-03-17T19:30:00+00:00",
        "closes_at": "2027-03-09T23:00:00+00:00",
    }
    without = {name: value for name, value in form.items() if name != "starts_at"}
    async with browser(rt) as staff:
        sign_in(rt, staff, "reader")
        answer = await staff.get("/staff/notifications/preview", params=form)
        assert (await staff.get("/staff/notifications/preview", params=without)).status_code == 422
        for kind, words in (
            ("changed", "Møtet er endret. Slik er det nå:"),
            ("cancelled", "er dessverre avlyst"),
            ("minutes", "/meetings/…"),
        ):
            page = await staff.get("/staff/notifications/preview", params=form | {"purpose": f"meeting_{kind}"})
            assert words in page.text, kind
        for kind in ("meeting_volunteer", "meeting_list_volunteer"):
            page = await staff.get("/staff/notifications/preview", params=form | {"purpose": kind})
            assert "fordi du sa ja til å være med i trekningen" in page.text, kind
            open_ended = {name: value for name, value in form.items() if name != "closes_at"} | {"purpose": kind}
            assert (await staff.get("/staff/notifications/preview", params=open_ended)).status_code == 422, kind
    assert answer.status_code == 200
    for words in ("Du er trukket ut til et møte", "Kommunegården", "kl. 18:00–20:30", "til og med 9. mars", "answer/…"):
        assert words in answer.text


@pytest.mark.parametrize(
    ("purpose", "code", "subject", "words"),
    [
        ("suggestion_answer", "nb", "Svar på forslaget ditt: Lys", "Her er svaret fra kommunen:"),
        ("suggestion_status", "nn", "Nytt om forslaget ditt: Lys", "vurderer det no"),
        ("suggestion_answer", "en", "Lys", "lang=en"),
    ],
)
async def test_an_answer_to_a_suggestion_is_shown_in_its_senders_language_and_its_words_stand_in_no_address(
    rt: Runtime, purpose: str, code: str, subject: str, words: str
) -> None:
    form = {
        "purpose": purpose, "language": code, "title": "Lys", "text": "Ja.\n\n<b>I mai</b>.", "status": "considered",
        "slug": "lys",
    }  # fmt: skip
    async with browser(rt, headers={"Sec-Fetch-Dest": "document"}) as staff:
        sign_in(rt, staff, "reader")
        page = (await staff.post("/staff/notifications/preview", data=form)).text
    for part in (subject, words, "&lt;b&gt;I mai&lt;/b&gt;.", "/suggest/lys", f'lang="{code}"'):
        assert part in page
    assert "Kari Eksempel" not in page, "a sender has no name"


async def test_what_is_changed_for_a_member_is_shown_as_the_member_reads_it(rt: Runtime) -> None:
    form = {"purpose": "on_behalf", "title": "", "text": "email paused", "status": "phone"}
    async with browser(rt) as staff:
        sign_in(rt, staff, "editor")
        page = (await staff.get("/staff/notifications/preview", params=form)).text
    assert "fordi du ba om det på telefon" in page
    assert "Vi har sendt en lenke til den" in page
