"""Reports that one of our mails could not be delivered: by RFC 3464, or in words of a server's own."""

import re
from dataclasses import dataclass
from email.message import Message
from uuid import UUID

from services.notifications.mailbox.headers import addresses_in

_OUR_MESSAGE_ID = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@([^>\s]+)>", re.IGNORECASE)
#: Who writes reports; exim and Gmail say it by a header too.
_SENDER = re.compile(r"(mailer-?daemon|mail-?delivery|microsoftexchange\w*|mdaemon|mmdf)\b", re.IGNORECASE)
_MAYBE_SENDER = re.compile(r"(postmaster|bounces?|mail|admin|system)\b", re.IGNORECASE)
_SUBJECT = re.compile(
    r"undeliver|returned mail|failure notice|delivery (status|failure|has failed)|mail delivery|mail system error"
    r"|could not be delivered|not delivered|ikke levert|ikkje levert|kan ikke leveres|nondeliverable|unzustellbar"
    r"|delivery report",
    re.IGNORECASE,
)
#: The server goes on trying: nothing has failed yet.
_DELAYED = re.compile(
    r"will (be retried|retry|keep trying|continue to be attempted|continue trying|try again)|still being retried"
    r"|(delivery|message|mail) (is |has been |to .{0,60} has been )?delayed|warning: (could not send|message)"
    r"|(no action is required|do not need to (resend|re-send))|this is a warning message only|not yet been delivered",
    re.IGNORECASE,
)
#: From here on a report shows our own mail, whose words are not the server's.
_ORIGINAL = re.compile(
    r"^[ >]*(-{2,}.{0,40}(copy of (the|your) message|original message|returned message|message header).{0,60}"
    r"|(return-path|received|dkim-signature|list-unsubscribe|mime-version):\s.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_LOOKED_AT = 200_000
_LONGEST_WORDS = 4_000


@dataclass(frozen=True)
class Report:
    """One of our mails failed for good."""

    message_id: UUID
    words: str
    """Status codes and the server's own words, for ``refusals.domain.judge``."""


def our_message(text: str, own_domain: str) -> UUID | None:
    """The first of our message ids in the text."""
    for match in _OUR_MESSAGE_ID.finditer(text):
        if match[2].lower() == own_domain.lower():
            return UUID(match[1])
    return None


def read_report(
    mail: "Message[str, str]", headers: dict[str, str], envelope_sender: str, text: str, own_domain: str
) -> Report | None:
    """What it reports about one of our mails; None for any other mail. ``text``: what a reader sees of it."""
    if not _reports(mail, headers, envelope_sender):
        return None
    about = _named(mail, own_domain) or our_message(text[:_LOOKED_AT], own_domain)
    about = about or our_message(f"{headers.get('in-reply-to', '')} {headers.get('references', '')}", own_domain)
    if about is None:
        return None
    own_words = _ORIGINAL.split(text[:_LOOKED_AT], maxsplit=1)[0][:_LONGEST_WORDS]
    blocks = _blocks(mail)
    if blocks:
        failed = [block for block in blocks if str(block.get("Action", "")).strip().lower() == "failed"]
        if not failed:
            return None
        diagnostic = str(failed[0].get("Diagnostic-Code", "")).strip()
        return Report(about, f"{failed[0].get('Status', '')} {diagnostic or own_words}")
    return None if _DELAYED.search(own_words) else Report(about, own_words)


def _reports(mail: "Message[str, str]", headers: dict[str, str], envelope_sender: str) -> bool:
    """Whether the mail can be a report: a person's automatic reply (RFC 3834) is none, whatever its envelope says."""
    sender = [address.rpartition("@")[0] for address in addresses_in(headers.get("from", ""))]
    if "x-failed-recipients" in headers or any(_SENDER.match(local) for local in sender):
        return True
    if mail.get_content_type() == "multipart/report":
        return str(mail.get_param("report-type", "")).lower() in ("", "delivery-status")
    nobody = envelope_sender in ("", "<>") or any(_MAYBE_SENDER.match(local) for local in sender)
    return nobody and _SUBJECT.search(headers.get("subject", "")) is not None


def _blocks(mail: "Message[str, str]") -> list["Message[str, str]"]:
    """The parts of a delivery report (RFC 3464) that are about a recipient."""
    blocks: list[Message[str, str]] = []
    for part in mail.walk():
        payload = part.get_payload()
        if part.get_content_type() == "message/delivery-status" and isinstance(payload, list):
            blocks += [block for block in payload if isinstance(block, Message) and block.get("Action")]
    return blocks


def _named(mail: "Message[str, str]", own_domain: str) -> UUID | None:
    """Our mail, as it or its header comes back with the report."""
    for part in mail.walk():
        payload = part.get_payload()
        if part.get_content_type() == "text/rfc822-headers" and isinstance(payload, str):
            named = our_message(payload, own_domain)
        else:
            named = None if part is mail else our_message(str(part.get("Message-ID", "")), own_domain)
        if named is not None:
            return named
    return None
