"""What a mail that came in is and says. Nothing here trusts the mail: odd ones are read as well as they can be."""

import codecs
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from uuid import UUID

from services.notifications.mailbox.cutting import cut, without_sender
from services.notifications.mailbox.wording import guess_language, html_to_text, tidy
from shared.addresses import BadAddress, normal_form

_LONGEST_HEADING = 200
_LONGEST_TEXT = 20_000
#: Characters of a header and of a letter that are looked at: decoding and cutting cost more than their length.
_LONGEST_HEADER = 4_000
_LONGEST_READ = 200_000
_SHORTENED = "[Teksten er kortet ned her.]"
_ADDRESS = re.compile(r"[^@\s<>\"(),:;\\]{1,64}@[^@\s<>\"(),:;\\]{1,255}")
_MACHINES = re.compile(
    r"(mailer-daemon|postmaster|bounces?)\b.*@|(.*[._+-])?(no|do-?not|ikke|ikkje)[._-]?(reply|svar)\b.*@|svar[._-]?ikke\b.*@",
    re.IGNORECASE,
)
_MACHINE_SUBJECTS = re.compile(
    r"(automatisk svar|autosvar|automatic reply|auto[- ]?reply|(i am )?out of (the )?office|fr[aå]værsmelding"
    r"|undelivered mail|undeliverable:|delivery status notification|mail delivery failed|kan ikke leveres:)(?!\w)",
    re.IGNORECASE,
)
_MACHINE_HEADERS = (
    "x-autoreply", "x-autoreply-from", "x-mail-autoreply", "x-autorespond", "x-autoresponder",
    "list-id", "list-unsubscribe", "list-post", "feedback-id", "x-loop",
)  # fmt: skip
#: Charsets that old programs name whatever they send; what is UTF-8 is never anything else by chance.
_WESTERN = ("ascii", "iso8859-1", "cp1252")
#: Codecs of Python's that are no charset of mail, and of which some take minutes for a letter made to.
_NO_CHARSETS = ("punycode", "idna", "unicode_escape", "raw_unicode_escape")
_OUR_MESSAGE_ID = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@([^>\s]+)>")
_SIGNATURES = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")


class Unreadable(ValueError):
    """The mail cannot be read at all; its sender is told by the server that hands it over."""


@dataclass(frozen=True)
class Report:
    """A delivery report (RFC 3464) about one of our mails."""

    message_id: UUID
    status: str
    """Enhanced status code, e.g. ``5.1.1``."""
    diagnostic: str


@dataclass(frozen=True)
class Incoming:
    """One mail. ``kind``: ``letter``, ``automatic`` (a machine's, our own included) or ``report``."""

    kind: str
    digest: str
    sender: str = ""
    """Where an answer goes."""
    reference: str | None = None
    """Its Message-ID, for the answer to name."""
    heading: str = ""
    text: str = ""
    language: str = "nb"
    attachments: int = 0
    report: Report | None = None


def read_mail(raw: bytes, envelope_sender: str, own_addresses: frozenset[str], own_domain: str) -> Incoming:
    """The mail as we understand it; raises Unreadable."""
    try:
        return _read(raw, envelope_sender, own_addresses, own_domain)
    except (RecursionError, LookupError, TypeError, AttributeError, ValueError, MessageError) as error:
        # Whatever the standard library's parser trips over: the text may hold an address, so only its kind goes on.
        raise Unreadable(type(error).__name__) from None


def _read(raw: bytes, envelope_sender: str, own_addresses: frozenset[str], own_domain: str) -> Incoming:
    mail = message_from_bytes(raw)
    headers = _headers(mail)
    reference = headers.get("message-id", "")
    report = _report(mail, own_domain)
    if report is not None:
        return Incoming("report", hashlib.sha256(reference.encode() or raw).hexdigest(), report=report)
    sender = _sender(headers, envelope_sender)
    if _is_automatic(mail, headers, envelope_sender, sender, own_addresses, own_domain):
        return Incoming("automatic", hashlib.sha256(reference.encode() or raw).hexdigest())
    text, attachments = _contents(mail)
    whole = tidy(text[:_LONGEST_READ])
    told = cut(whole, sender, _name(headers))
    if len(told) > _LONGEST_TEXT:
        told = f"{told[:_LONGEST_TEXT].rstrip()}\n\n{_SHORTENED}"
    return Incoming(
        kind="letter",
        # Not the Message-ID alone: programs that number their letters wrongly would lose the second one.
        digest=hashlib.sha256("\0".join([reference, headers.get("date", ""), sender, whole]).encode()).hexdigest(),
        sender=sender,
        reference=reference if re.fullmatch(r"<[!-;=?-~]{3,240}>", reference) else None,
        heading=_heading(without_sender(headers.get("subject", ""), sender), told),
        text=told,
        language=guess_language(told),
        attachments=attachments,
    )


def _headers(mail: "Message[str, str]") -> dict[str, str]:
    """Lower-case name -> decoded value of the first header of that name, on one line."""
    found: dict[str, str] = {}
    for name, value in mail.raw_items():
        found.setdefault(name.lower(), " ".join(_decoded(str(value)[:_LONGEST_HEADER]).split()))
    return found


def _decoded(value: str) -> str:
    """Encoded words and bare 8-bit bytes (which the parser keeps as surrogates) as text."""
    plain = as_text(value.encode("ascii", "surrogateescape") if _has_surrogates(value) else value.encode(), None)
    try:
        parts = decode_header(plain)
    except (ValueError, LookupError, MessageError):
        return plain
    return "".join(part if isinstance(part, str) else as_text(part, charset) for part, charset in parts)


def _has_surrogates(value: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in value)


def as_text(content: bytes, charset: str | None) -> str:
    """Bytes as text: the charset they name, else UTF-8, else what old Western programs send."""
    named = _codec(charset)
    western = named is None or named in _WESTERN
    for name in ("utf-8",) if western else (named, "utf-8"):
        try:
            return content.decode(name or "utf-8")
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def _codec(charset: str | None) -> str | None:
    """Python's name of a charset; None for none that is one."""
    try:
        name = codecs.lookup(charset or "").name
    except (LookupError, ValueError):
        return None
    return None if name in _NO_CHARSETS else name


def _name(headers: dict[str, str]) -> str:
    """What the sender is called."""
    return getaddresses([headers.get("from", "")])[0][0].strip()


def _addresses(value: str) -> list[str]:
    return [address for _, address in getaddresses([value]) if _ADDRESS.fullmatch(address)]


def _sender(headers: dict[str, str], envelope_sender: str) -> str:
    """The first of Reply-To, From and the envelope that mail can be sent to; empty when there is none."""
    for value in (headers.get("reply-to", ""), headers.get("from", ""), envelope_sender):
        for address in _addresses(value):
            with suppress(BadAddress):
                return normal_form(address)
    return ""


def _plain_address(address: str) -> str:
    """In lower case and without ``+anything``: the panel takes mail to that too."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _is_automatic(
    mail: "Message[str, str]",
    headers: dict[str, str],
    envelope_sender: str,
    sender: str,
    own_addresses: frozenset[str],
    own_domain: str,
) -> bool:
    """Whether a machine wrote it (RFC 3834 and what older ones do), ourselves included: it is never answered."""
    ours = _OUR_MESSAGE_ID.fullmatch(headers.get("message-id", ""))
    return (
        envelope_sender in ("", "<>")
        or not sender
        or any(_plain_address(one) in own_addresses for one in (sender, *_addresses(headers.get("from", ""))))
        or (ours is not None and ours[2].lower() == own_domain.lower())
        or headers.get("auto-submitted", "no").split(";")[0].strip().lower() != "no"
        or headers.get("precedence", "").lower() in ("bulk", "junk", "list", "auto_reply")
        or bool(
            {"all", "oof", "autoreply"} & set(re.findall(r"\w+", headers.get("x-auto-response-suppress", "").lower()))
        )
        or any(name in headers for name in _MACHINE_HEADERS)
        or _MACHINES.match(sender) is not None
        or _MACHINES.match(envelope_sender) is not None
        or _MACHINE_SUBJECTS.match(headers.get("subject", "")) is not None
        or mail.get_content_type() == "multipart/report"
    )


def _contents(mail: "Message[str, str]") -> tuple[str, int]:
    """(text, number of attachments). Plain text goes before HTML; pictures of an HTML letter's layout do not count."""
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
        return "\n\n".join(plain), attachments
    return "\n\n".join(html_to_text(text) for text in html), attachments


def _heading(subject: str, text: str) -> str:
    """The subject without "Re:" and the like; else the letter's first line."""
    bare = tidy(re.sub(r"^(\s*(re|sv|vs|fwd?|vb|aw)\s*:)+", "", subject, flags=re.IGNORECASE))
    first = bare or next((line for line in text.splitlines() if line.strip()), "(uten emne)")
    return " ".join(first.split())[:_LONGEST_HEADING]


def _report(mail: "Message[str, str]", own_domain: str) -> Report | None:
    """A report that one of our mails could not be delivered, for good; None for any other mail."""
    if mail.get_content_type() != "multipart/report":
        return None
    failed: tuple[str, str] | None = None
    about: UUID | None = None
    for part in mail.walk():
        payload = part.get_payload()
        if part.get_content_type() == "message/delivery-status" and isinstance(payload, list):
            for block in payload:
                if isinstance(block, Message) and str(block.get("Action", "")).strip().lower() == "failed":
                    failed = (str(block.get("Status", "")).strip(), str(block.get("Diagnostic-Code", "")))
        elif part.get_content_type() == "text/rfc822-headers" and isinstance(payload, str):
            about = about or _ours(payload, own_domain)
        elif part is not mail:
            about = about or _ours(str(part.get("Message-ID", "")), own_domain)
    if failed is None or about is None:
        return None
    return Report(about, *failed)


def _ours(text: str, own_domain: str) -> UUID | None:
    for found in _OUR_MESSAGE_ID.finditer(text):
        if found[2].lower() == own_domain.lower():
            return UUID(found[1])
    return None
