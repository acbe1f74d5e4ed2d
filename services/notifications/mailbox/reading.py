"""What a mail that came in is and says. Nothing here trusts the mail: odd ones are read as well as they can be."""

import hashlib
import re
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message

from services.notifications.mailbox.cutting import cut, without_sender
from services.notifications.mailbox.headers import as_text, headers_of, name_of_sender, sender_of
from services.notifications.mailbox.machines import is_automatic, may_be_automatic
from services.notifications.mailbox.parsing import Unreadable, parse, parse_head
from services.notifications.mailbox.reports import Report, read_report
from services.notifications.mailbox.wording import guess_language, html_to_text, tidy

_LONGEST_HEADING = 200
_LONGEST_TEXT = 20_000
#: Characters of a letter that are looked at: cutting costs more than their length.
_LONGEST_READ = 200_000
_SHORTENED = "[Teksten er kortet ned her.]"
_SIGNATURES = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")


@dataclass(frozen=True)
class Own:
    """What is ours: known in a mail that comes in."""

    addresses: frozenset[str]
    """In lower case: mail to them is taken, mail from them never answered."""
    domain: str
    """Of our Message-IDs."""
    marks: frozenset[str]
    """What names us in a quoted mail, in lower case: addresses, name, public address."""


@dataclass(frozen=True)
class Incoming:
    """One mail.

    ``kind``: ``letter``, ``doubtful`` (a letter, or a machine's by its subject alone: people read it, no receipt is
    sent), ``automatic`` (a machine's, our own included) or ``report``.
    """

    kind: str
    digest: str
    sender: str = ""
    """Where an answer goes."""
    reference: str | None = None
    """Its Message-ID, for the answer to name."""
    heading: str = ""
    text: str = ""
    removed: str = ""
    """What was cut from the text because it quotes us."""
    language: str = "nb"
    attachments: int = 0
    report: Report | None = None


def read_mail(raw: bytes, envelope_sender: str, own: Own) -> Incoming:
    """The mail as we understand it; raises Unreadable."""
    mail = parse(raw)
    try:
        return _read(mail, raw, envelope_sender, own)
    except (RecursionError, LookupError, TypeError, AttributeError, ValueError, MessageError) as error:
        # Whatever the standard library trips over: the text may hold an address, so only its kind goes on.
        raise Unreadable(type(error).__name__) from None


def read_sender(raw: bytes, envelope_sender: str) -> str:
    """Where an answer to the mail would go, read from its head alone; empty when that cannot be told."""
    try:
        return sender_of(headers_of(parse_head(raw)), envelope_sender)
    except (LookupError, TypeError, AttributeError, ValueError, MessageError):
        return ""


def _read(mail: "Message[str, str]", raw: bytes, envelope_sender: str, own: Own) -> Incoming:
    headers = headers_of(mail)
    reference = headers.get("message-id", "")
    sender = sender_of(headers, envelope_sender)
    text, attachments, was_html = _contents(mail)
    report = read_report(mail, headers, envelope_sender, text, own.domain)
    if report is not None:
        return Incoming("report", hashlib.sha256(reference.encode() or raw).hexdigest(), report=report)
    if is_automatic(mail, headers, envelope_sender, sender, own.addresses, own.domain):
        return Incoming("automatic", hashlib.sha256(reference.encode() or raw).hexdigest())
    whole = tidy(text[:_LONGEST_READ])
    parts = cut(whole, sender, name_of_sender(headers), own.marks, marked=was_html)
    return Incoming(
        kind="doubtful" if may_be_automatic(headers) else "letter",
        # Not the Message-ID alone: programs that number their letters wrongly would lose the second one.
        digest=hashlib.sha256("\0".join([reference, headers.get("date", ""), sender, whole]).encode()).hexdigest(),
        sender=sender,
        reference=reference if re.fullmatch(r"<[!-;=?-~]{3,240}>", reference) else None,
        heading=_heading(without_sender(headers.get("subject", ""), sender), parts.letter),
        text=_shortened(parts.letter),
        removed=_shortened(parts.removed),
        language=guess_language(parts.letter),
        attachments=attachments,
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT].rstrip()}\n\n{_SHORTENED}"


def _contents(mail: "Message[str, str]") -> tuple[str, int, bool]:
    """(text, number of attachments, whether the text was HTML). Plain text goes before HTML.

    Pictures of an HTML letter's layout do not count.
    """
    plain: list[str] = []
    html: list[str] = []
    attachments = 0
    stack: list[tuple[Message[str, str], bool]] = [(mail, False)]
    while stack:
        part, in_related = stack.pop()
        kind = part.get_content_type()
        if kind.startswith("multipart/"):
            payload = part.get_payload()
            if isinstance(payload, str):
                # It says it has parts and has none: what it holds is read as text.
                plain.append(payload)
                continue
            children = [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []
            stack += [(child, in_related or kind == "multipart/related") for child in reversed(children)]
            continue
        named = part.get_filename() is not None or part.get_content_disposition() == "attachment"
        if kind in ("text/plain", "text/html") and not named:
            content = part.get_payload(decode=True)
            decoded = as_text(content if isinstance(content, bytes) else b"", part.get_content_charset())
            (plain if kind == "text/plain" else html).append(decoded)
        elif kind not in _SIGNATURES and not (in_related and part.get("Content-ID")):
            attachments += 1
    if any(text.strip() for text in plain):
        return "\n\n".join(plain), attachments, False
    return "\n\n".join(html_to_text(text) for text in html), attachments, True


def _heading(subject: str, text: str) -> str:
    """The subject without "Re:" and the like; else the letter's first line."""
    bare = tidy(re.sub(r"^(\s*(re|sv|vs|fwd?|vb|aw)\s*:)+", "", subject, flags=re.IGNORECASE))
    first = bare or next((line for line in text.splitlines() if line.strip()), "(uten emne)")
    return " ".join(first.split())[:_LONGEST_HEADING]
