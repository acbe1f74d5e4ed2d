"""What mails say, and that nothing a person typed becomes anything but text."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications.kinds import KINDS
from services.notifications.letters.composing import Composer, Unsendable
from services.notifications.letters.mail import Mail
from services.notifications.letters.words import ASKED, CHANGES, STATUSES
from services.notifications.tables import Contact, Correspondent, Meeting, Message, Survey
from services.registration.on_behalf.domain import HOWS, PURPOSES, Standing, changes
from shared.events.questionnaire import Cover
from shared.ids import new_id
from shared.service import Runtime
from tests.notifications.ground import RuntimeOf, html_of, read_mail, text_of

CLOSES = datetime(2027, 3, 12, 23, 0, tzinfo=UTC)  # midnight in Oslo: the 12th is the last day
MEETING = Meeting(
    id=new_id(),
    slug="bru-2027",
    heading="Bru & vei",
    purpose="Hva skal skje med brua?",
    place="Kommunegården <2. etasje>",
    starts_at=datetime(2027, 3, 17, 17, 0, tzinfo=UTC),
    ends_at=datetime(2027, 3, 17, 19, 30, tzinfo=UTC),
    reply_by=CLOSES,
    done={"nb": "Brua er malt.", "en": "The bridge is painted."},
)


@pytest.fixture
async def rt(runtime_of: RuntimeOf) -> Runtime:
    return await runtime_of("notifications")


def survey(**changes: Any) -> Survey:
    questionnaire: dict[str, object] = {
        "title": {"nb": "Klima & hverdag", "nn": "Klima & kvardag", "en": "Climate & everyday life"},
        "introduction": {"nb": "Kommunen skal lage klimaplan."},
        "minutes": 4,
    }
    return Survey(
        id=new_id(),
        questionnaire=Cover.model_validate(questionnaire | changes),
        closes_at=CLOSES,
        slug="klima-2027",
        done={"nb": "Det er kommet flere busser."},
    )


def row_of(purpose: str, language: str = "nb", name: str = "Kari", email: str = "kari@example.org") -> Mail:
    """A claimed message with all its texts, as ``store.claim`` gives it."""
    for_member = not purpose.startswith("suggestion") and KINDS[purpose].about != "staff"
    content: dict[str, str] | None = None
    if purpose == "on_behalf":
        content = {"changes": " ".join([*CHANGES, "a_new_one"]), "how": "phone"}
    elif purpose == "letters_expiring":
        content = {"service": "results", "letters": "2", "days": "3"}
    elif not for_member:
        content = {"heading": "Bro > båt", "text": "Takk.\n\nVi bygger <snart>.", "status": "forwarded", "slug": "bro"}
    message = Message(
        id=new_id(),
        purpose=purpose,
        subject_id=new_id(),
        member_id=new_id() if for_member else None,
        generation=1,
        link_expires_at=CLOSES,
        send_before=CLOSES,
        content=content,
    )
    letter_id = "<letter@example.org>"
    return Mail(
        message=message,
        contact=Contact(member_id=message.member_id, name=name, email=email, language=language) if for_member else None,
        correspondent=None if for_member else Correspondent(email=email, language=language, in_reply_to=letter_id),
        survey=survey() if KINDS[purpose].about in ("survey", "result", "trial") else None,
        meeting=MEETING if purpose.startswith("meeting") else None,
    )


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
@pytest.mark.parametrize("purpose", sorted(KINDS))
async def test_every_kind_of_mail_is_a_complete_letter_in_every_language(
    rt: Runtime, purpose: str, language: str
) -> None:
    row = row_of(purpose, language)
    raw = Composer(rt).write(row)
    mail = read_mail(raw)
    text, html = text_of(mail), html_of(mail)
    assert mail["Message-ID"] == f"<{row.message.id}@example.org>"
    assert mail["To"] == "kari@example.org"
    assert f'<html lang="{language}">' in html
    assert not re.search("[\ue000\ue001]|&amp;|None", text)
    assert not re.search("[\ue000\ue001]|None", html)
    assert max(len(line) for line in raw.split(b"\r\n")) < 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    # The HTML letter says what the text letter says, in the same words.
    words = " ".join(unescape(re.sub(r"(?s)<style>.*</style>|<[^>]+>", " ", html)).split())
    for paragraph in text.split("\n-- \n")[0].split("\n\n"):
        assert " ".join(paragraph.split()) in words
    assert f"{rt.settings.public_url}/privacy" in text
    stops = KINDS[purpose].consent
    assert ("/mail/unsubscribe/" in text) == bool(stops) == ("List-Unsubscribe" in mail)
    link = KINDS[purpose].link
    if link:
        token = text.split(link.path)[1].split()[0]
        token, _, query = token.partition("?")
        assert query == ("" if language == "nb" else f"lang={language}")
        assert rt.links.check(link.purpose, token, CLOSES - timedelta(days=1)).id == row.message.subject_id
    addresses = re.findall(rf"{rt.settings.public_url}/\S+", text)
    assert {address.partition("?")[2] for address in addresses} == {"" if language == "nb" else f"lang={language}"}
    assert html.count('class="button"') == (1 if KINDS[purpose].button else 0)


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"topic": {"nb": "klima"}}, "Ny undersøkelse om klima: 4 minutter, til 12. mars"),
        ({}, "Ny undersøkelse: Klima & hverdag (4 minutter, til 12. mars)"),
    ],
)
async def test_the_subject_says_what_it_is_how_long_it_takes_and_until_when(
    rt: Runtime, changes: dict[str, Any], subject: str
) -> None:
    row = row_of("survey")
    row.survey = survey(**changes)
    assert read_mail(Composer(rt).write(row))["Subject"] == subject


async def test_a_letter_is_written_anew_when_its_texts_change(rt: Runtime) -> None:
    composer, first, second = Composer(rt), row_of("results"), row_of("results", name="Ola")
    second.survey = first.survey
    assert "klima-2027" in text_of(read_mail(composer.write(first)))
    assert second.survey is not None
    second.survey.slug = "klima-ny"
    text = text_of(read_mail(composer.write(second)))
    assert "klima-ny" in text
    assert "Hei, Ola!" in text


@pytest.mark.parametrize("purpose", ["suggestion_receipt", "suggestion_attachments_refused"])
async def test_whoever_sends_a_suggestion_hears_what_happens_next_and_how_long_the_address_is_kept(
    rt: Runtime, purpose: str
) -> None:
    text = text_of(read_mail(Composer(rt).write(row_of(purpose))))
    assert "gir deg beskjed" in text
    assert "senest 90 dager etter at du har fått svar" in text


async def test_a_name_from_a_file_turns_no_text_around(rt: Runtime) -> None:
    assert text_of(read_mail(Composer(rt).write(row_of("confirm", name="Ka\u202eri\x00 \u2066Å\t😀")))).startswith(
        "Hei, Kari Å😀!"
    )


async def test_an_answer_stands_under_the_letter_it_answers(rt: Runtime) -> None:
    mail = read_mail(Composer(rt).write(row_of("suggestion_answer")))
    assert (mail["In-Reply-To"], mail["References"]) == ("<letter@example.org>", "<letter@example.org>")
    assert "Vi bygger <snart>." in text_of(mail)
    assert "&lt;snart&gt;" in html_of(mail)


@pytest.mark.parametrize("status", [*STATUSES, "a_new_one"])
async def test_every_status_of_a_suggestion_is_said_in_words(rt: Runtime, status: str) -> None:
    row = row_of("suggestion_status")
    assert row.message.content is not None
    row.message.content["status"] = status
    assert STATUSES.get(status, STATUSES[""]) in text_of(read_mail(Composer(rt).write(row)))


@pytest.mark.parametrize("how", [*ASKED, "a_new_one"])
async def test_a_member_reads_what_staff_have_changed_and_why(rt: Runtime, how: str) -> None:
    row = row_of("on_behalf")
    assert row.message.content is not None
    row.message.content["how"] = how
    text = text_of(read_mail(Composer(rt).write(row)))
    for sentence in (*CHANGES.values(), ASKED.get(how, ASKED[""])):
        assert sentence in text


def test_every_change_staff_can_make_has_words() -> None:
    before = Standing("A", "a@b.no", 1980, "female", "1353", False, "nb", "active", frozenset())
    after = Standing("B", "b@b.no", 1981, "male", "1354", True, "nn", "paused", frozenset(PURPOSES))
    assert {*changes(before, after), *changes(after, before), ""} == set(CHANGES)
    assert set(HOWS) <= set(ASKED)


@settings(max_examples=150, deadline=None)
@given(name=st.text(max_size=80), heading=st.text(max_size=200), purpose=st.sampled_from(sorted(KINDS)))
def test_no_name_or_heading_becomes_a_header_or_a_part(name: str, heading: str, purpose: str) -> None:
    row = row_of(purpose, name=name.replace("\ud800", ""))
    if row.message.content is not None:
        row.message.content["heading"] = heading
    mail = read_mail(_COMPOSER.write(row))
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    headers = {
        "subject", "from", "reply-to", "auto-submitted", "mime-version", "to", "message-id", "date", "list-id",
        "list-unsubscribe", "list-unsubscribe-post", "in-reply-to", "references", "content-type",
        "x-auto-response-suppress",
    }  # fmt: skip
    assert {key.lower() for key in mail} <= headers
    assert not mail.defects
    assert mail["To"] == "kari@example.org"


@pytest.mark.parametrize(
    "address", ["a@example.org\r\nBcc: b@example.org", "kåre@example.org", "a@b@example.org", "", "@example.org", "a"]
)
async def test_an_address_that_is_none_is_not_written_to(rt: Runtime, address: str) -> None:
    with pytest.raises(Unsendable):
        Composer(rt).write(row_of("confirm", email=address))


class _Links:
    def make(self, purpose: str, id: UUID, generation: int, expires_at: datetime) -> str:
        return f"k.{purpose}{generation}"


def _composer() -> Composer:
    """One without a database, for many examples."""
    from shared.settings import Settings

    settings = Settings()
    fake: Any = SimpleNamespace(
        name="notifications", service=SimpleNamespace(deeds={}), settings=settings, profile=settings.installed,
        links=_Links(), now=lambda: datetime.now(UTC),
    )  # fmt: skip
    return Composer(fake)


_COMPOSER = _composer()


async def test_a_replacement_is_told_its_own_deadline_and_not_the_first_ones(rt: Runtime) -> None:
    composer = Composer(rt)
    first, later, late = row_of("meeting"), row_of("meeting"), row_of("meeting")
    later.message.send_before = CLOSES + timedelta(days=2)
    late.message.send_before = CLOSES + timedelta(days=2, hours=-7)
    texts = [text_of(read_mail(composer.write(row))) for row in (first, later, late)]
    assert [re.findall(r"til og med ([^.]*\. mars(?: [0-9:]+)?)", text) for text in texts] == [
        ["12. mars"], ["14. mars"], ["14. mars 17:00"],
    ]  # fmt: skip
