"""What a mail says: one complete letter as text, the same letter as HTML with one button.

A letter is written once per text and language, with slots for what is one person's; each recipient's mail is the
letter with its slots filled, each encoded by itself. So nothing in a name can become a header or a part of its own.
"""

import binascii
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from services.notifications import letters, store
from services.notifications.domain import PURPOSES, greeted_name
from services.notifications.settings import notification_settings
from shared.rules import N_
from shared.service import Runtime
from shared.web.i18n import LANGUAGES, Language
from shared.web.pages import Renderer

#: Private-use characters around a slot's name: no text of ours, and no template, holds them.
_SLOT = re.compile("\ue000([a-z]+)\ue001")
#: Control characters (line breaks stay), those that reorder text, and the slots' own.
_NOT_TEXT = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ue000\ue001\ud800-\udfff]"
)
_KEPT_LETTERS = 64

_GREETING = N_("Hei, %(name)s!")
_GREETING_WITHOUT_NAME = N_("Hei!")
_WHO = N_(
    "Innbyggerpanelet er en gruppe innbyggere som %(municipality)s spør om råd. "
    "Har du spørsmål, kan du svare på denne e-posten."
)


#: A mailbox as RFC 5321 has it, in ASCII: dot-atom or quoted string, and a domain name.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_MAILBOX = re.compile(rf"""(?:{_ATOM}(?:\.{_ATOM})*|"(?:[ !#-\[\]-~]|\\[ -~])+")@{_LABEL}(?:\.{_LABEL})*""")


class Unsendable(ValueError):
    """The address has a form no mail server here can be given."""


def sendable(address: str | None) -> str:
    """The address as SMTP takes it, its domain in ASCII; raises Unsendable."""
    written = address or ""
    if not written.isascii():
        local, _, domain = written.rpartition("@")
        try:
            written = f"{local}@{domain.encode('idna').decode('ascii')}"
        except UnicodeError:  # its text holds the address
            raise Unsendable from None
    if not _MAILBOX.fullmatch(written):
        raise Unsendable
    return written


def _slot(name: str) -> str:
    return f"\ue000{name}\ue001"


def _quoted(text: str) -> bytes:
    """Quoted-printable, lines of at most 76 characters."""
    return binascii.b2a_qp(text.encode("utf-8", "replace")).replace(b"\n", b"\r\n")


class _Body:
    """One form of a letter, encoded but for its slots."""

    def __init__(self, content: str) -> None:
        pieces = _SLOT.split(content)
        self._fixed = [_quoted(piece) for piece in pieces[::2]]
        self._slots = pieces[1::2]

    def filled(self, slots: Mapping[str, str], form: Callable[[str], str]) -> bytes:
        """Its lines, what ``form`` makes of each slot's text filled in."""
        values = {name: _quoted(form(slots[name])) for name in set(self._slots)}
        lines = [self._fixed[0]]
        for slot, after in zip(self._slots, self._fixed[1:], strict=True):
            lines += (values[slot], after)
        return b"=\r\n".join(lines)  # line breaks that are none to the reader


class Letter:
    """One text in one language, without its recipient.

    ``head``: header lines that are the same in every copy, each ended by CRLF.
    """

    def __init__(self, head: bytes, text: str, html: str) -> None:
        self.head = head
        self._text, self._html = _Body(text), _Body(html)
        boundary = f"=_{secrets.token_hex(12)}"
        part = (
            f"\r\n--{boundary}\r\nContent-Type: text/%s; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        )
        self._start = f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n{part % "plain"}'.encode()
        self._between = (part % "html").encode()
        self._end = f"\r\n--{boundary}--\r\n".encode()

    def filled(self, slots: Mapping[str, str]) -> bytes:
        """Content-Type header and both parts with one person's ``slots``."""
        text, html = self._text.filled(slots, str), self._html.filled(slots, escape)
        return b"".join((self._start, text, self._between, html, self._end))


class Composer:
    """Writes the mails of one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._rt = runtime
        folder = Path(str(resources.files("services.notifications")))
        self._renderer = Renderer("notifications", folder, runtime.settings)
        self._domain = runtime.settings.mail_from.rpartition("@")[2]
        self._letters: OrderedDict[Any, Letter] = OrderedDict()

    def write(self, row: Any) -> bytes:
        """The whole mail to one recipient (``row`` as ``store.claim`` gives it); raises Unsendable.

        Its Message-ID is the message's id, so that a relay's log can be matched.
        """
        message = row.Message
        recipient = sendable(store.address_of(row))
        holder = row.Contact or row.Correspondent
        language = self._renderer.languages[holder.language if holder.language in LANGUAGES else "nb"]
        slots = self._slots(message, row.Contact, language)
        head = [
            f"To: {recipient}",
            f"Message-ID: <{message.id}@{self._domain}>",
            f"Date: {formatdate()}",
        ]
        if slots["unsubscribe"]:
            head += [
                f"List-Id: <panel.{self._domain}>",
                f"List-Unsubscribe: <{slots['unsubscribe']}>",
                "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            ]
        if row.Correspondent is not None and row.Correspondent.in_reply_to:
            head += [f"In-Reply-To: {row.Correspondent.in_reply_to}", f"References: {row.Correspondent.in_reply_to}"]
        letter = self._letter(row, language)
        return letter.head + ("\r\n".join(head) + "\r\n").encode("ascii") + letter.filled(slots)

    def _slots(self, message: Any, contact: Any, language: Language) -> dict[str, str]:
        links, purpose = self._rt.links, PURPOSES[message.purpose]
        public = self._rt.settings.public_url
        name = greeted_name(_plain(contact.name or "")) if contact is not None else None
        greeting = language.gettext(_GREETING) % {"name": name} if name else language.gettext(_GREETING_WITHOUT_NAME)
        # A replacement has a later deadline than the first ones, so it is the recipient's and not the letter's.
        deadline = letters.deadline(message.send_before, language) if message.purpose == "meeting" else ""
        slots = {"greeting": greeting, "link": "", "unsubscribe": "", "deadline": deadline}
        chosen = _chosen(language)
        if purpose.link and message.link_expires_at is not None:
            token = links.make(purpose.link, message.subject_id, message.generation, message.link_expires_at)
            slots["link"] = f"{public}{purpose.path}{token}{chosen}"
        if purpose.consent and message.member_id is not None:
            # Much longer than the mail is of interest: whoever finds an old mail must be able to stop the next one.
            until = message.send_before + timedelta(days=notification_settings().unsubscribe_days)
            token = links.make("unsubscribe", message.member_id, 1, until)
            slots["unsubscribe"] = f"{public}/mail/unsubscribe/{purpose.consent}/{token}{chosen}"
        return slots

    def _letter(self, row: Any, language: Language) -> Letter:
        message = row.Message
        if message.content is not None:
            return self._written(row, language)
        key = (message.purpose, language.code, _version(row.Survey), _version(row.Meeting))
        if key not in self._letters:
            self._letters[key] = self._written(row, language)
            if len(self._letters) > _KEPT_LETTERS:
                self._letters.popitem(last=False)
        return self._letters[key]

    def _written(self, row: Any, language: Language) -> Letter:
        purpose = row.Message.purpose
        words = self._words(row, language)
        text = self._renderer.text(language.code, f"mail/{purpose}.txt", words)
        # A slot's own line is a paragraph, so that the HTML letter can make it a button.
        paragraphs = [part.strip("\n") for part in re.split(r"\n{2,}", text.strip()) if part.strip()]
        words |= {"paragraphs": paragraphs, "footer": self._footer(purpose, language), "who": self._who(language)}
        return Letter(
            head=self._head(purpose, letters.subject(purpose, language, words)),
            text=self._renderer.text(language.code, "mail/letter.txt", words),
            html=self._renderer.text(language.code, "mail/letter.html", words),
        )

    def _words(self, row: Any, language: Language) -> dict[str, Any]:
        public, purpose, chosen = self._rt.settings.public_url, row.Message.purpose, _chosen(language)
        words: dict[str, Any] = {"greeting": _slot("greeting"), "link": None}
        told: dict[str, Any] = {"title": ""}
        if row.Survey is not None:
            told |= letters.survey_words(row.Survey, language)
            words["link"] = f"{public}/results/{row.Survey.slug}{chosen}"
        if row.Meeting is not None:
            told |= letters.meeting_words(row.Meeting, language)
            words["last_day"] = _slot("deadline")
            words["link"] = f"{public}/meetings/{row.Meeting.slug}{chosen}"
        if row.Message.content is not None:
            told |= letters.suggestion_words(row.Message.content, language)
            slug = row.Message.content["slug"]
            words["link"] = f"{public}/suggest/{slug}{chosen}" if slug else None
            words["days"] = notification_settings().correspondent_days
        if PURPOSES[purpose].link:
            words["link"] = _slot("link")
        button = letters.BUTTONS.get(purpose)
        told = {name: _plain(value) if isinstance(value, str) else value for name, value in told.items()}
        return words | told | {"button": language.gettext(button) if button else ""}

    def _who(self, language: Language) -> str:
        text = language.gettext(_WHO)
        return text % {"municipality": self._rt.settings.municipality_name}

    def _footer(self, purpose: str, language: Language) -> list[tuple[str, str]]:
        """(text, address) of the last lines: change, pause, leave, stop, privacy."""
        public, kind, gettext = self._rt.settings.public_url, PURPOSES[purpose], language.gettext
        rows, chosen = [], _chosen(language)
        if kind.consent:
            rows.append((gettext(letters.STOPS[kind.consent]), _slot("unsubscribe")))
        if not purpose.startswith("confirm") and not purpose.startswith("suggestion"):
            rows.append((gettext(N_("Endre opplysninger, ta pause eller gå ut av panelet")), f"{public}/me{chosen}"))
        return [*rows, (gettext(N_("Slik behandler vi opplysninger om deg")), f"{public}/privacy{chosen}")]

    def _head(self, purpose: str, subject: str) -> bytes:
        settings, mail = self._rt.settings, EmailMessage(policy=SMTP)
        mail["Subject"] = subject
        mail["From"] = Address(settings.mail_from_name, addr_spec=settings.mail_from)
        mail["Reply-To"] = Address(addr_spec=settings.mail_reply_to)
        # Asks other machines not to answer (RFC 3834, and what Exchange reads).
        mail["Auto-Submitted"] = "auto-replied" if purpose.startswith("suggestion") else "auto-generated"
        mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
        mail["MIME-Version"] = "1.0"
        return mail.as_bytes().rstrip(b"\r\n") + b"\r\n"


def _chosen(language: Language) -> str:
    """What makes a page greet in the letter's language, whatever the browser prefers."""
    return "" if language.code == "nb" else f"?lang={language.code}"


def _version(texts: Any) -> Any:
    """What changes when a survey's or meeting's texts do."""
    if texts is None:
        return None
    kept = sorted(name for name in vars(texts) if not name.startswith("_") and name != "questionnaire")
    return tuple(str(getattr(texts, name)) for name in kept)


def _plain(text: str) -> str:
    """Somebody's text without control characters and those that mark slots."""
    return _NOT_TEXT.sub("", text.replace("\r\n", "\n"))
