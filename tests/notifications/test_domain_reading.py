"""Odd mails are read as well as they can be, and machines are recognised."""

import contextlib
import time
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications.mailbox.parsing import Unreadable
from services.notifications.mailbox.reading import Incoming, Own, read_mail
from services.notifications.mailbox.wording import guess_language, html_to_text
from shared.ids import new_id

DOMAIN = "panel.example"
ADDRESSES = frozenset({"panel@panel.example"})
OWN = Own(ADDRESSES, DOMAIN, ADDRESSES | {"innbyggerpanelet", "panel.example"})


def read(mail: EmailMessage | bytes, envelope: str = "kari@example.org") -> Incoming:
    return read_mail(mail if isinstance(mail, bytes) else mail.as_bytes(), envelope, OWN)


def letter(text: str = "Brua er ødelagt.", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    values = {"From": "Kari <kari@example.org>", "To": "panel@panel.example", "Subject": "Brua", **headers}
    for name, value in values.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def test_a_plain_letter() -> None:
    reading = read(letter(Message_ID="<abc@example.org>"))
    assert (reading.kind, reading.sender, reading.heading, reading.text) == (
        "letter",
        "kari@example.org",
        "Brua",
        "Brua er ødelagt.",
    )
    assert (reading.reference, reading.attachments, reading.language) == ("<abc@example.org>", 0, "nb")


def test_plain_text_goes_before_html_and_html_alone_becomes_text() -> None:
    both = letter("Ren tekst")
    both.add_alternative("<p>HTML</p>", subtype="html")
    assert read(both).text == "Ren tekst"
    html = letter("")
    html.set_content(
        "<html><head><title>x</title><style>p{}</style></head><body><p>Hei!</p><p>Bygg&nbsp;bru<br>her</p>"
        "<ul><li>en<li>to</ul><script>alert(1)</script><blockquote><p>Deres forrige</p></blockquote></body></html>",
        subtype="html",
    )
    assert read(html).text == "Hei!\n\nBygg bru\nher\n\n- en\n- to"


def test_attachments_are_counted_and_pictures_of_the_layout_are_not() -> None:
    mail = letter()
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="kart.pdf")
    mail.add_attachment("tekst som vedlegg", filename="notat.txt")
    assert (read(mail).attachments, read(mail).text) == (2, "Brua er ødelagt.")
    html = letter("")
    html.set_content("<p>Se logo <img src='cid:logo'></p>", subtype="html")
    html.add_related(b"png", "image", "png", cid="<logo>")
    assert read(html).attachments == 0


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nBl\xe5b\xe6r", "Blåbær"),
        (b"Content-Type: text/plain; charset=utf-8\r\n\r\nBl\xe5b\xe6r", "Blåbær"),
        (b"Content-Type: text/plain; charset=x-unknown\r\n\r\nBl\xc3\xa5b\xc3\xa6r", "Blåbær"),
        (b'Content-Type: text/plain; charset="\xff\xfe"\r\n\r\nhei', "hei"),
        (b"\r\nBl\xc3\xa5b\xc3\xa6r", "Blåbær"),
        (b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nBl\xc3\xa5b\xc3\xa6r", "Blåbær"),
        (b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\n\x80 5 \x96 \x84sitat\x94", "€ 5 – „sitat”"),
        (b"Content-Type: text/plain; charset=us-ascii\r\n\r\nBl\xe5b\xe6r", "Blåbær"),
        (b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B66\x1b(B", "橋"),
        (b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a" * 90_000 + b"-" + b"bcdefgh9" * 9_000, None),
        (b"Content-Type: text/plain; charset=utf-16\r\n\r\n\xff\xfeh\x00e\x00i\x00", "hei"),
        (b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVpIHBhb!!mVs", "Hei panel"),
        (b"Content-Type: multipart/mixed\r\n\r\nuten deler", "uten deler"),
        (b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nf\xc3\xb8rste\r\n", "første"),
    ],
)
def test_odd_characters_and_broken_parts_are_read_as_well_as_they_can_be(content: bytes, text: str | None) -> None:
    raw = b"From: kari@example.org\r\nSubject: Br\xf8d\r\nMIME-Version: 1.0\r\n" + content
    reading = read(raw)
    assert reading.heading == "Brød"
    assert text is None or reading.text == text


@pytest.mark.parametrize(
    ("subject", "heading"),
    [
        ("Re: SV: Brua", "Brua"),
        ("=?iso-8859-1?Q?Bl=E5b=E6r?=", "Blåbær"),
        ("=?x-unknown?Q?hei?=", "hei"),
        ("=?utf-8?B?!!?=", "Brua er ødelagt."),
        ("", "Brua er ødelagt."),
        ("x" * 500, "x" * 200),
    ],
)
def test_the_heading_is_the_subject_or_the_first_line(subject: str, heading: str) -> None:
    kind = "Content-Type: text/plain; charset=utf-8"
    raw = f"From: kari@example.org\r\nSubject: {subject}\r\n{kind}\r\n\r\nBrua er ødelagt."
    assert read(raw.encode()).heading == heading


def test_letters_with_the_same_number_are_two_and_the_same_letter_by_two_ways_is_one() -> None:
    first = letter("Bygg bru.", Message_ID="<1@example.org>", Date="Tue, 3 Mar 2027 12:00:00 +0100")
    again = b"Received: by another way\n" + first.as_bytes()
    second = letter("Bygg vei.", Message_ID="<1@example.org>", Date="Tue, 3 Mar 2027 12:00:00 +0100")
    assert read(first).digest == read(again).digest != read(second).digest


def test_the_senders_own_address_and_links_for_one_person_are_in_no_text() -> None:
    text = "Svar meg på Kari@Example.org. Lenken https://panel.example/surveys/answer/k1.AbC?lang=en virker ikke."
    reading = read(letter(text, Subject="Fra kari@example.org"))
    assert reading.text == "Svar meg på [e-postadresse]. Lenken https://panel.example/[lenke] virker ikke."
    assert reading.heading == "Fra [e-postadresse]"
    assert read(letter("Bygg bru.\n\nKari", From="Kari Nordmann <kari@example.org>")).text == "Bygg bru."


@pytest.mark.parametrize(
    "html", ["<a " * 300_000, "<!" * 300_000, "<!--" * 300_000, "<script></" * 200_000, "&" * 900_000]
)
def test_html_made_to_take_long_is_read_in_one_pass(html: str) -> None:
    raw = f"From: kari@example.org\r\nSubject: Bru\r\nContent-Type: text/html\r\n\r\n{html}"
    assert read(raw.encode()).heading == "Bru"


@pytest.mark.parametrize(
    "text", [" " * 2_000_000 + "x", "a\n" * 2_000_000, "Den 12. mai 2027 skrev " * 90_000, "> a\n" * 1_000_000]
)
def test_text_made_to_take_long_is_looked_at_as_far_as_it_is_kept(text: str) -> None:
    subject = "=?utf-8?Q?a?= " * 100_000
    raw = f"From: kari@example.org\r\nSubject: {subject}\r\nContent-Type: text/plain\r\n\r\n{text}"
    assert len(read(raw.encode()).text) < 20_100


OUTLOOK = (
    '<html><head><meta charset="utf-8"><style>p{x:y}</style></head><body><div>Bygg bru.</div>'
    '<div id="ms-outlook-mobile-signature">Kari Nordmann<br>912 34 567</div><hr><div id="divRplyFwdMsg">'
    "<b>Fra:</b> Panelet &lt;panel@panel.example&gt;<br><b>Sendt:</b> tirsdag<br><b>Til:</b> Kari<br></div>"
    "<p>Hva vil du? https://panel.example/surveys/answer/k1.AbC</p></body></html>"
)
GMAIL = (
    '<div dir="ltr">Bygg bru.<div><br></div><div dir="ltr" class="gmail_signature">Kari<br>Storveien 1</div></div>'
    '<br><div class="gmail_quote"><div class="gmail_attr">tor. 12. mars 2026 kl. 10:15 skrev Panel &lt;'
    '<a href="mailto:p@panel.example">p@panel.example</a>&gt;:<br></div><blockquote>Hva vil du?</blockquote></div>'
)
APPLE = (
    "<html><body>Bygg bru.<br><br><div>Vennlig hilsen</div><div>Kari, tlf. 91234567</div><br>"
    '<blockquote type="cite"><div>12. mars 2026 kl. 10:15 skrev Panel &lt;p@panel.example&gt;:</div><br>Hva?'
)


@pytest.mark.parametrize("html", [OUTLOOK, GMAIL, APPLE])
def test_html_letters_of_common_programs_keep_the_senders_words_alone(html: str) -> None:
    mail = letter("")
    mail.set_content(html, subtype="html")
    assert read(mail).text == "Bygg bru."


def bounce(about: UUID, action: str = "failed", status: str = "5.1.1", whole: bool = False) -> bytes:
    original = f"Message-ID: <{about}@{DOMAIN}>\nSubject: Ny\n"
    kind = "message/rfc822" if whole else "text/rfc822-headers"
    return (
        "From: MAILER-DAEMON@example.org\nSubject: Undelivered\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; example.org\n\n"
        f"Final-Recipient: rfc822; kari@example.org\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; 550 {status} gone\n\n"
        f"--b\nContent-Type: {kind}\n\n{original}\n--b--\n"
    ).encode()


@pytest.mark.parametrize("whole", [True, False])
def test_a_delivery_report_names_our_mail(whole: bool) -> None:
    about = new_id()
    reading = read(bounce(about, whole=whole), "")
    assert reading.report is not None
    assert (reading.kind, reading.report.message_id, reading.report.words[:5]) == ("report", about, "5.1.1")
    assert read(bounce(about, action="delayed"), "").kind == "automatic"
    assert read(bounce(about).replace(DOMAIN.encode(), b"other.example"), "").kind == "automatic"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Eg meiner at kommunen ikkje gjer noko med vegen.", "nn"),
        ("Jeg mener at kommunen ikke gjør noe med veien.", "nb"),
        ("I think the road is not safe for you.", "en"),
        ("12345", "nb"),
    ],
)
def test_the_language_is_guessed(text: str, code: str) -> None:
    assert guess_language(text) == code


def test_a_long_letter_is_shortened_and_says_so() -> None:
    reading = read(letter("ord " * 10_000))
    assert len(reading.text) < 20_100
    assert reading.text.endswith("[Teksten er kortet ned her.]")


def test_deep_nesting_has_an_answer() -> None:
    boundaries = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(3000))
    raw = f"From: kari@example.org\nSubject: x\n{boundaries}\n\nhei".encode()
    with contextlib.suppress(Unreadable):
        assert read(raw).kind == "letter"
    assert html_to_text("<div>" * 50_000 + "hei") == "hei"


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from(
        [
            b"",
            b"From: a@example.org\r\n",
            b"Subject: =?utf-8?q?",
            b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n",
        ]
    ),
)
def test_no_bytes_bring_the_reader_down(raw: bytes, start: bytes) -> None:
    try:
        reading = read(start + raw)
    except Unreadable:
        return
    assert reading.kind in ("letter", "automatic", "report")
    assert "\x00" not in reading.text + reading.heading
    (reading.text + reading.heading + reading.sender).encode("utf-8")


_NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (number, number) for number in range(90))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n\r\n" * 300_000, "parts"),
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"\r--b\r\rx" * 300_000, "parts"),
        (b"Content-Type: message/delivery-status\r\n\r\n" + b"\n" * 300_000, "parts"),
        (b"X-A: b\r\n" * 500_000 + b"\r\nhei", "headers"),
        (b"X-A: b\r" * 500_000 + b"\r\nhei", "headers"),
        (b"X" * 101 + b": b\r\n" + b"X-A: b\r\n" * 500_000 + b"\r\nhei", "headers"),
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + b"X-A: b\r\n" * 500_000 + b"\r\nhei", "headers"),
        (_NESTED + b"x\n" * 300_000, "lines"),
        (_NESTED + b"x\r" * 300_000, "lines"),
        (b"\r\n" + b"\n" * 4_000_001, "lines"),
    ],
)
def test_a_mail_of_more_parts_headers_or_lines_than_any_letter_has_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(b"From: kari@example.org\r\n" + raw)


@pytest.mark.parametrize("parameters", [b"; a=b" * 200_000, b'; a="' + b'\\";' * 200_000, b'; a="' + b';"' * 200_000])
def test_a_headers_parameters_are_taken_to_pieces_only_as_far_as_a_part_has_them(parameters: bytes) -> None:
    started = time.process_time()
    reading = read(b"From: kari@example.org\r\nSubject: Bru\r\nContent-Type: text/plain" + parameters + b"\r\n\r\nhei")
    assert reading.text == "hei"
    assert time.process_time() - started < 5, "taken to pieces to its end, it takes minutes"


def test_a_mail_of_ten_megabytes_with_pictures_and_mails_within_is_read() -> None:
    mail = letter("Se bildet.")
    for number in range(8):
        within = letter(f"Nummer {number}")
        within.add_attachment(b"x" * 800_000, maintype="image", subtype="jpeg", filename=f"{'bilde' * 40}{number}.jpg")
        mail.add_attachment(within)
    reading = read(mail)
    assert reading.text.startswith("Se bildet.")
    assert reading.attachments == 8
