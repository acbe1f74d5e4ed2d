"""Composing a mail: one complete letter as text, and the same letter as HTML with one button.

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

from services.notifications.kinds import KINDS, STOPS
from services.notifications.letters import words as wording
from services.notifications.letters.domain import greeted_name
from services.notifications.letters.mail import Mail
from services.notifications.messages.domain import Kind
from services.notifications.settings import notification_settings
from services.notifications.tables import Contact, Meeting, Message, Survey
from shared.addresses import BadAddress, ascii_form
from shared.rules import N_
from shared.service import Runtime
from shared.web.i18n import Language
from shared.web.pages import Renderer

#: Private-use characters around a slot's name: no text of ours, and no template, holds them.
_SLOT = re.compile("\ue000([a-z]+)\ue001")
#: Control characters (line breaks stay), those that reorder text, and the slots' own.
_NOT_TEXT = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ue000\ue001\ud800-\udfff]"
)
_KEPT_LETTERS = 64
#: Mails whose last day to answer is each recipient's own.
WITH_DEADLINE = ("meeting_call", "meeting", "meeting_volunteer", "meeting_list", "meeting_list_volunteer")

_GREETING = N_("Hei, %(name)s!")
_GREETING_WITHOUT_NAME = N_("Hei!")
_WHO = N_(
    "%(panel)s er en gruppe innbyggere som %(municipality)s spør om råd. "
    "Har du spørsmål, kan du svare på denne e-posten."
)


class Unsendable(ValueError):
    """The address has a form that our mail server cannot take."""


def sendable(address: str | None) -> str:
    """The address as SMTP takes it, its domain in ASCII; raises Unsendable."""
    try:
        return ascii_form(address or "")
    except BadAddress:  # its cause holds the address
        raise Unsendable from None


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
        self._renderer = Renderer(runtime, folder)
        self._domain = runtime.settings.mail_from.rpartition("@")[2]
        self._letters: OrderedDict[object, Letter] = OrderedDict()

    def write(self, mail: Mail) -> bytes:
        """The whole mail to one recipient; raises Unsendable.

        Its Message-ID is the message's id, so that a relay's log can be matched.
        """
        message = mail.message
        recipient = sendable(mail.address)
        language = self._renderer.languages[mail.language]
        slots = self._slots(message, mail.contact, language)
        head = [f"To: {recipient}", f"Message-ID: <{message.id}@{self._domain}>", f"Date: {formatdate()}"]
        if slots["unsubscribe"]:
            head += [
                f"List-Id: <panel.{self._domain}>",
                f"List-Unsubscribe: <{slots['unsubscribe']}>",
                "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            ]
        if mail.correspondent is not None and mail.correspondent.in_reply_to:
            head += [f"In-Reply-To: {mail.correspondent.in_reply_to}", f"References: {mail.correspondent.in_reply_to}"]
        letter = self._letter(mail, language)
        return letter.head + ("\r\n".join(head) + "\r\n").encode("ascii") + letter.filled(slots)

    def _slots(self, message: Message, contact: Contact | None, language: Language) -> dict[str, str]:
        links, kind = self._rt.links, KINDS[message.purpose]
        public = self._rt.settings.public_url
        name = greeted_name(_plain(contact.name or "")) if contact is not None else None
        greeting = language.gettext(_GREETING) % {"name": name} if name else language.gettext(_GREETING_WITHOUT_NAME)
        # A replacement has a later deadline than the first ones, so it is the recipient's and not the letter's.
        deadline = wording.deadline(message.send_before, language) if kind.code in WITH_DEADLINE else ""
        slots = {"greeting": greeting, "link": "", "unsubscribe": "", "deadline": deadline}
        query = _chosen(language)
        if kind.link is not None and message.link_expires_at is not None:
            token = links.make(kind.link.purpose, message.subject_id, message.generation, message.link_expires_at)
            slots["link"] = f"{public}{kind.link.path}{token}{query}"
        if kind.consent and message.member_id is not None:
            # Much longer than a mail is of interest, so that the finder of an old mail can stop the next one.
            until = message.send_before + timedelta(days=notification_settings().unsubscribe_days)
            token = links.make("unsubscribe", message.member_id, 1, until)
            slots["unsubscribe"] = f"{public}/mail/unsubscribe/{kind.consent}/{token}{query}"
        return slots

    def _letter(self, mail: Mail, language: Language) -> Letter:
        if mail.message.content is not None:
            return self._written(mail, language)
        key = (
            mail.message.purpose,
            language.code,
            self._rt.profile.version,
            _version(mail.survey),
            _version(mail.meeting),
        )
        if key not in self._letters:
            self._letters[key] = self._written(mail, language)
            if len(self._letters) > _KEPT_LETTERS:
                self._letters.popitem(last=False)
        return self._letters[key]

    def _written(self, mail: Mail, language: Language) -> Letter:
        kind = KINDS[mail.message.purpose]
        words = self._words(kind, mail, language)
        text = self._renderer.text(language.code, kind.template, words)
        # A slot's own line is a paragraph, so that the HTML letter can make it a button.
        paragraphs = [part.strip("\n") for part in re.split(r"\n{2,}", text.strip()) if part.strip()]
        words |= {"paragraphs": paragraphs, "footer": self._footer(kind, language), "who": self._who(language)}
        return Letter(
            head=self._head(kind, language, wording.subject(kind, language, words)),
            text=self._renderer.text(language.code, "mail/letter.txt", words),
            html=self._renderer.text(language.code, "mail/letter.html", words),
        )

    def _words(self, kind: Kind, mail: Mail, language: Language) -> dict[str, object]:
        public, query = self._rt.settings.public_url, _chosen(language)
        words: dict[str, object] = {"greeting": _slot("greeting"), "link": None}
        words |= {"panel": self._rt.profile.called(language.code), "panel_name": self._panel(language)}
        facts: dict[str, object] = {"title": ""}
        if mail.survey is not None:
            facts |= wording.survey_words(mail.survey, language)
            words["link"] = f"{public}/results/{mail.survey.slug}{query}"
        if mail.meeting is not None:
            facts |= wording.meeting_words(mail.meeting, language)
            words["last_day"] = _slot("deadline")
            words["link"] = f"{public}/meetings/{mail.meeting.slug}{query}"
        if kind.about == "member" and kind.link is None:
            words["link"] = f"{public}/me{query}"
        if kind.about == "member" and mail.message.content is not None:
            facts |= wording.change_words(mail.message.content, language)
        elif kind.about == "trial" and mail.message.content is not None:
            # Opened by who is signed in, so the link is no secret.
            content = mail.message.content
            words["link"] = f"{public}/staff/surveys/try/{content['questionnaire']}?language={content['language']}"
        elif kind.about == "staff" and mail.message.content is not None:
            facts |= mail.message.content
            words["link"] = f"{public}/staff/{facts['service']}/dead-letters{query}"
        elif mail.message.content is not None:
            facts |= wording.suggestion_words(
                mail.message.content, mail.correspondent.since if mail.correspondent else None, language
            )
            slug = mail.message.content["slug"]
            words["link"] = f"{public}/suggest/{slug}{query}" if slug else None
            words["days"] = notification_settings().correspondent_days
        if kind.link is not None:
            words["link"] = _slot("link")
        facts = {name: _plain(value) if isinstance(value, str) else value for name, value in facts.items()}
        return words | facts | {"button": language.gettext(kind.button) if kind.button else ""}

    def _who(self, language: Language) -> str:
        text = language.gettext(_WHO)
        return text % {"panel": self._panel(language), "municipality": self._rt.profile.name}

    def _panel(self, language: Language) -> str:
        profile = self._rt.profile
        return profile.said(profile.panel_name, language.code)

    def _footer(self, kind: Kind, language: Language) -> list[tuple[str, str]]:
        """(text, address) of the last lines: change, pause, leave, stop, privacy."""
        public, gettext = self._rt.settings.public_url, language.gettext
        rows, query = [], _chosen(language)
        if kind.consent:
            rows.append((gettext(STOPS[kind.consent]), _slot("unsubscribe")))
        if kind.about not in ("suggestion", "staff") and not kind.code.startswith("confirm"):
            rows.append((gettext(N_("Endre opplysninger, ta pause eller gå ut av panelet")), f"{public}/me{query}"))
        return [*rows, (gettext(N_("Slik behandler vi opplysninger om deg")), f"{public}/privacy{query}")]

    def _head(self, kind: Kind, language: Language, subject: str) -> bytes:
        settings, mail = self._rt.settings, EmailMessage(policy=SMTP)
        mail["Subject"] = subject
        mail["From"] = Address(settings.mail_from_name or self._panel(language), addr_spec=settings.mail_from)
        mail["Reply-To"] = Address(addr_spec=settings.mail_reply_to)
        # Asks other machines not to answer (RFC 3834, and what Exchange reads).
        mail["Auto-Submitted"] = "auto-replied" if kind.about == "suggestion" else "auto-generated"
        mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
        mail["MIME-Version"] = "1.0"
        return mail.as_bytes().rstrip(b"\r\n") + b"\r\n"


def _chosen(language: Language) -> str:
    """What makes a page greet in the letter's language, whatever the browser prefers."""
    return "" if language.code == "nb" else f"?lang={language.code}"


def _version(texts: Survey | Meeting | None) -> tuple[str, ...] | None:
    """What changes when a survey's or meeting's texts do."""
    if texts is None:
        return None
    columns = sorted(name for name in vars(texts) if not name.startswith("_") and name != "questionnaire")
    return tuple(str(getattr(texts, name)) for name in columns)


def _plain(text: str) -> str:
    """Somebody's text without control characters and those that mark slots."""
    return _NOT_TEXT.sub("", text.replace("\r\n", "\n"))
