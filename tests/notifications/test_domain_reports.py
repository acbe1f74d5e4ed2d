"""Reports about our mails in the words of many servers, written for this test; the verdict is what staff would say."""

from datetime import timedelta

import pytest

from services.notifications.mailbox.reading import Incoming, read_mail
from services.notifications.refusals.domain import SOFT_LIMIT, SOFT_WITHIN, Verdict, judge, soft_count
from shared.ids import new_id
from tests.notifications.ground import NOW
from tests.notifications.test_domain_reading import DOMAIN, OWN

MESSAGE = new_id()
ORIGINAL = f"Received: from panel\nMessage-ID: <{MESSAGE}@{DOMAIN}>\nSubject: Ny\n\nHei, Kari!\n"


ANSWER = f"In-Reply-To: <{MESSAGE}@{DOMAIN}>\n"


def read(raw: str, envelope: str = "") -> Incoming:
    return read_mail(raw.encode(), envelope, OWN)


def standard(status: str, diagnostic: str = "", text: str = "It failed.", action: str = "failed") -> str:
    """By RFC 3464."""
    code = f"Diagnostic-Code: {diagnostic}\n" if diagnostic else ""
    return (
        "From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered Mail Returned to Sender\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain\n\n{text}\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
        f"Final-Recipient: rfc822; kari@example.net\nAction: {action}\nStatus: {status}\n{code}\n"
        f"--b\nContent-Type: message/rfc822\n\n{ORIGINAL}\n--b--\n"
    )


def plain(sender: str, subject: str, text: str, headers: str = "", original: str = ORIGINAL) -> str:
    """In words of a server's own, our mail below them."""
    kind = "Content-Type: text/plain; charset=utf-8\n"
    return f"From: {sender}\nSubject: {subject}\n{headers}{kind}\n{text}\n\n{original}"


def qmail(line: str) -> str:
    return plain(
        "MAILER-DAEMON@mx.example.net",
        "failure notice",
        "Hi. This is the mail program at mx.example.net.\nThis is a permanent error; the mail was not sent on.\n\n"
        f"<kari@example.net>:\n{line}\n\n--- Below this line is a copy of the message.\n",
    )


def exim(line: str) -> str:
    return plain(
        "Mail Delivery System <Mailer-Daemon@mx.example.net>",
        "Mail delivery failed: returning message to sender",
        f"A message that you sent could not be delivered.\n\n  kari@example.net\n    {line}\n\n"
        "------ This is a copy of the message, including all the headers. ------\n",
        "X-Failed-Recipients: kari@example.net\nAuto-Submitted: auto-replied\n",
    )


def gmail(line: str) -> str:
    return plain(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        "Delivery Status Notification (Failure)",
        f"** Address not found **\n\nYour message wasn't delivered to kari@example.net because {line}",
        f"X-Failed-Recipients: kari@example.net\nIn-Reply-To: <{MESSAGE}@{DOMAIN}>\nAuto-Submitted: auto-replied\n",
        "",
    )


def office(line: str) -> str:
    """HTML only, and the answer to our mail by its header."""
    return (
        "From: postmaster@firma.example\nSubject: Undeliverable: Ny undersøkelse\n"
        f"References: <{MESSAGE}@{DOMAIN}>\nContent-Type: text/html; charset=utf-8\n\n"
        f"<html><body><p><b>Your message to kari@firma.example couldn't be delivered.</b></p><p>{line}</p></body>"
    )


DEAD = [
    standard("5.1.1", "smtp; 550 5.1.1 <kari@example.net>: Recipient address rejected: User unknown in table"),
    standard("5.0.0 (undefined status)", "smtp; 554 delivery error: This user doesn't have an example.net account"),
    standard("5.0.0 (permanent failure)", "smtp; 550 Unknown user kari@example.net"),
    standard("5.0.0", "smtp; 550 5.0.0 <kari@example.net>... User unknown"),
    standard("5.0.0", "smtp; 550 Requested action not taken: mailbox unavailable"),
    standard("5.5.0", "smtp; 550 Requested action not taken: mailbox unavailable (S2017062302)"),
    standard("5.4.4", "X-Postfix; Host or domain name not found. Name service error for name=exmaple.net type=A"),
    standard("5.4.4 (Illegal host/domain name found)"),
    standard("5.1.2", text="There is no such host as exmaple.net."),
    standard("5.1.10", "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    standard("5.1.351", "smtp;550 5.1.351 Remote server returned unknown recipient or mailbox unavailable"),
    standard("5.2.0", "smtp; 550 5.2.0 mailbox unavailable"),
    standard("5.2.1", "smtp; 550-5.2.1 The email account that you tried to reach is disabled."),
    standard("5.4.1", "smtp; 550 5.4.1 Recipient address rejected: Access denied [AM7EUR03.outlook.example]"),
    standard("5.4.310", "smtp;550 5.4.310 DNS domain exmaple.net does not exist"),
    standard("5.7.1", "smtp; 550 5.7.1 <kari@example.net>: Recipient address rejected: User unknown"),
    standard("5.7.1", "smtp; 553 5.7.1 Invalid recipient kari@example.net"),
    standard("5.7.13", "smtp; 525 5.7.13 Disabled recipient address"),
    standard("5.1.6", "smtp; 550 5.1.6 recipient no longer on server"),
    standard("4.0.0", "smtp; DNS Error: lookup of exmaple.net responded with code NXDOMAIN"),
    standard("5.1.1", text="Adressen finnes ikke."),
    qmail("Sorry, no mailbox here by that name. (#5.1.1)"),
    qmail("192.0.2.3 does not like recipient.\nRemote host said: 550 5.1.1 unknown or illegal alias\nGiving up."),
    qmail("Sorry, I couldn't find any host named exmaple.net. (#5.1.2)"),
    exim("Unrouteable address"),
    exim("SMTP error from remote mail server after RCPT TO:<kari@example.net>:\n    550 No such user here"),
    exim("all relevant MX records point to non-existent hosts: domain does not exist"),
    gmail("the address couldn't be found, or is unable to receive mail."),
    gmail("the domain exmaple.net couldn't be found."),
    office("The email address you entered couldn't be found. Remote Server returned '550 5.1.10 RecipientNotFound'"),
    office("kari wasn't found at firma.example. Unknown To address: recipient not found"),
    plain(
        "System Administrator <postmaster@skole.example>",
        "Undeliverable: Ny undersøkelse",
        "Your message did not reach the following recipient:\n\n  kari@skole.example\n"
        "  The e-mail account does not exist at the organization this message was sent to. <mx.skole.example #5.1.1>",
    ),
    plain(
        "postmaster@kommune.example",
        "Meldingen ble ikke levert",
        "Kunne ikke levere til kari@kommune.example. Mottakeren er ukjent: ukjent mottaker.",
    ),
    qmail("deliver: account is locked, mail bounced"),
    standard("5.5.0", "smtp; 550 5.5.0 The recipient account is blocked."),
]  # fmt: skip
SOFT = [
    standard("5.2.2", "smtp; 552 5.2.2 <kari@example.net> Quota exceeded (mailbox for user is full)"),
    standard("5.0.0", "smtp; 552 The recipient's mailbox is over quota"),
    standard("5.0.0 (recipient reached disk quota)"),
    standard("4.4.7", "smtp;550 4.4.7 QUEUE.Expired; message expired"),
    standard("4.4.1", "X-Postfix; connect to mx.example.net[192.0.2.3]:25: Connection timed out"),
    standard("4.1.1", "smtp; 450 4.1.1 <kari@example.net>: Recipient address rejected: User unknown in virtual table"),
    standard("5.7.1", "smtp; 550 5.7.1 Recipient address rejected: User temporarily locked. Please try again later"),
    standard("5.2.1", "smtp; 550-5.2.1 The user you are trying to contact is receiving mail at a rate that is high"),
    qmail("Mailbox is over quota. Please try again later. (#5.2.2)"),
    exim("retry timeout exceeded"),
    gmail("the recipient's inbox is full."),
    plain("MAILER-DAEMON@mx.example.net", "Undeliverable", "kari@example.net: Envelope expired"),
    plain("MAILER-DAEMON@mx.example.net", "Undeliverable", "Could not deliver for the last 432000 seconds. Giving up."),
    plain("MAILER-DAEMON@mx.example.net", "Undeliverable", "Not sent after multiple retries, giving up."),
    exim("all hosts have been failing for a long time"),
    gmail("The recipient server did not accept our requests to connect."),
    standard("5.4.316", "smtp; 550 5.4.316 Message expired, connection refused"),
    standard("5.5.0", "smtp; 554 It could not be delivered because the domain is not reachable"),
    standard("5.0.0", "smtp; 554 Service currently unavailable"),
    standard("4.4.2", "X-Postfix; lost connection with mx.example.net while performing the HELO handshake"),
]  # fmt: skip
OTHER = [
    standard("5.7.1", "smtp; 554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.example"),
    standard("5.7.26", "smtp; 550-5.7.26 Unauthenticated email is not accepted due to the domain's DMARC policy"),
    standard("5.7.1", "smtp; 554 5.7.1 <kari@example.net>: Relay access denied"),
    standard("5.3.4", "smtp; 552 5.3.4 Message too large"),
    standard("5.1.8", "smtp; 553 5.1.8 <panel@panel.example>... Domain of sender address does not exist"),
    standard("5.6.1", "smtp; 500 5.6.1 Message content rejected"),
    standard("5.4.6", "smtp; 554 5.4.6 Too many hops"),
    standard("5.0.0", text="Something went wrong."),
    qmail("Remote host said: 554 5.7.1 The server sending this has a poor reputation, mailbox unavailable."),
    office("The group only accepts messages from people inside its organization: restricted senders. 550 5.7.133"),
    exim("SMTP error from remote mail server after MAIL FROM:<a@panel.example>: 550 No such domain panel.example"),
    exim("SMTP error from remote mail server after end of data: 550 5.2.0 Domain is invalid. Give a valid From:"),
    exim("SMTP error from remote mail server: 550 Unroutable sender address"),
    qmail("Connected to 192.0.2.112 but my name was rejected. Remote host said: 501 5.0.0 Invalid domain name"),
    plain("MAILER-DAEMON@mx.example.net", "Undeliverable", "554 INVALID IP FOR SENDING MAIL OF DOMAIN panel.example"),
    standard("5.0.0", "smtp; 550 SC-004 Unfortunately, messages from 192.0.2.1 weren't sent."),
    standard("5.0.0", "smtp; 550 Please turn on SMTP Authentication in your mail client"),
]


@pytest.mark.parametrize(
    ("raw", "verdict"),
    [
        (raw, verdict)
        for verdict, raws in ((Verdict.DEAD, DEAD), (Verdict.SOFT, SOFT), (Verdict.OTHER, OTHER))
        for raw in raws
    ],
)
def test_what_a_report_says_about_the_address(raw: str, verdict: Verdict) -> None:
    reading = read(raw)
    assert reading.report is not None
    assert (reading.kind, reading.report.message_id, judge(reading.report.words)) == ("report", MESSAGE, verdict)


@pytest.mark.parametrize(
    "raw",
    [
        standard("4.4.1", "X-Postfix; connect timed out", action="delayed"),
        plain("MAILER-DAEMON@mx.example.net", "Warning: could not send message", "It will be retried for 5 days."),
        exim("has not yet been delivered: no action is required on your part"),
    ],
)
def test_a_server_that_goes_on_trying_has_not_failed(raw: str) -> None:
    assert read(raw).kind == "automatic"


@pytest.mark.parametrize(
    "raw",
    [
        plain(
            "Kari <kari@example.net>", "Automatisk svar: Ny", "Jeg er borte.", f"In-Reply-To: <{MESSAGE}@{DOMAIN}>\n"
        ),
        plain("Kari <kari@example.net>", "SV: Ny", "Adressen til Ola finnes ikke: user unknown."),
        plain(
            "postmaster@firma.example", "SV: Ny", "Jeg svarer på undersøkelsen.", f"In-Reply-To: <{MESSAGE}@{DOMAIN}>\n"
        ),
        standard("5.1.1").replace(DOMAIN, "other.example"),
    ],
)
def test_a_persons_mail_and_a_report_about_others_settle_nothing(raw: str) -> None:
    assert read(raw, "kari@example.net").report is None


def test_refusals_that_may_pass_are_counted_and_the_count_ends() -> None:
    count, since = 0, None
    for number in range(1, SOFT_LIMIT + 1):
        count, since = soft_count(count, since, NOW)
        assert (count, since) == (number, NOW)
    assert soft_count(count, since, NOW + SOFT_WITHIN * 2) == (1, NOW + SOFT_WITHIN * 2)


def test_each_status_has_its_verdict_and_all_others_say_nothing_of_the_address() -> None:
    details = (*range(13), 299, 300, 301, 309, 310, 311)
    judged = {(subject, detail): judge(f"5.{subject}.{detail}") for subject in range(9) for detail in details}
    assert {status for status, verdict in judged.items() if verdict is Verdict.DEAD} == {
        *((1, detail) for detail in details if detail not in (7, 8, 9)), (2, 1), (4, 4), (4, 310),
    }  # fmt: skip
    assert {status for status, verdict in judged.items() if verdict is Verdict.SOFT} == {
        (2, 2), (2, 4), (3, 1), (4, 1), (4, 7), (4, 300),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "verdict"),
    [
        *(("", code, Verdict.DEAD if code in (550, 551, 553) else Verdict.OTHER) for code in (500, *range(549, 556))),
        *(("", code, Verdict.SOFT) for code in (400, 450, 499)),
        ("", 0, Verdict.OTHER),
        ("553", 0, Verdict.DEAD),
        # What the server answered goes before a number in its words.
        ("450", 554, Verdict.OTHER),
        ("5.0.0", 550, Verdict.DEAD),
        # Two statuses: the first that tells.
        ("5.0.0 5.1.1", 0, Verdict.DEAD),
        ("5.4.1 5.1.1", 0, Verdict.SOFT),
        ("5.9.9 5.1.1", 0, Verdict.DEAD),
        ("4.1.1 5.1.1", 0, Verdict.DEAD),
        ("4.1.1", 550, Verdict.SOFT),
        ("no such user", 0, Verdict.DEAD),
        ("no such user, try later", 0, Verdict.SOFT),
        ("no such user, try later", 550, Verdict.DEAD),
        # So much of it is looked at.
        ("x" * 3987 + " no such user", 554, Verdict.DEAD),
        ("x" * 3988 + " no such user", 554, Verdict.OTHER),
    ],
)
def test_words_go_before_statuses_and_statuses_before_codes(words: str, code: int, verdict: Verdict) -> None:
    assert judge(words, code) is verdict


def test_five_within_half_a_year_are_counted_together() -> None:
    assert (5, timedelta(days=180)) == (SOFT_LIMIT, SOFT_WITHIN)
    assert soft_count(3, NOW, NOW + SOFT_WITHIN) == (4, NOW)
    later = NOW + SOFT_WITHIN + timedelta(seconds=1)
    assert soft_count(3, NOW, later) == (1, later)
