"""Whether a machine wrote a mail: it is never answered. What only looks like one goes to people, unanswered."""

import re
from email.message import Message

from services.notifications.mailbox.headers import addresses_in
from services.notifications.mailbox.reports import our_message

_SENDERS = re.compile(
    r"(mailer-?daemon|postmaster|bounces?)\b.*@|(.*[._+-])?(no|do-?not|ikke|ikkje)[._-]?(reply|svar)\b.*@|svar[._-]?ikke\b.*@",
    re.IGNORECASE,
)
_HEADERS = (
    "x-autoreply", "x-autoreply-from", "x-mail-autoreply", "x-autorespond", "x-autoresponder",
    "list-id", "list-unsubscribe", "list-post", "feedback-id", "x-loop",
)  # fmt: skip
_AGAIN = re.compile(r"^(\s*(re|sv|vs|fwd?|vb|aw|antw)\s*:)+\s*", re.IGNORECASE)
#: What programs put before a colon, or alone, in the subject of an answer or a report.
_WORDS = (
    r"automatisk(e)? svar|autosvar|\[?auto(matic)?[- ]?reply\]?|auto[- ]?response|automatische (antwort|reply)"
    r"|r[ée]ponse automatique|automatiskt svar|autom(aattinen|atisch) (vastaus|antwoord)|vacation reply|ooo"
    r"|(i am |i'm )?(currently )?out of (the )?office( (auto)?reply)?|fr[aå]vær(smelding|sassistent)?"
    r"|ikke til stede|ikkje til stades|(ikke|ikkje|ej) på kontoret|ute av kontoret|borte fr[aå] kontoret|nicht im büro"
    r"|abwesend|abwesenheit(snotiz|sassistent)?|poissa|frånvar(ande|o|omeddelande)"
    r"|undelivered mail( returned to sender)?|undeliver(able|ed)|returned mail|failure notice|delivery failure"
    r"|delivery status notification( \(\w+\))?|mail delivery (failed|failure|system|subsystem)|delivery has failed"
    r"|mail system error|meldingen ble ikke levert|meldinga blei ikkje levert|(u|ikke )leverbar|leveringsfeil"
    r"|(message|mail) (undeliverable|not delivered)|nondeliverable mail|zustellung fehlgeschlagen"
    r"|nachricht konnte nicht zugestellt werden|kunde inte levereras|det gick inte att leverera"
    r"|e-?posten (ble|kunne) ikke (bli )?levert|unzustellbar|olevererbart?"
)
#: What they put there too, and people write about.
_TOPICS = (
    r"absence|(jeg er )?(på )?(sommer)?ferie|semester|urlaub|on (vacation|holiday|leave)|ikk(e|je) tilgjengelig"
    r"|(kan )?ikke lever(t|es)|(foreldre)?permisjon(?=:)|föräldraledig|(har )?sluttet(?=:)"
    r"|(ikke |not )?(lest|read|læst|gelesen)(?=:)"
)
#: Alone, with a colon behind, or with what these programs add; a person's sentence goes on with other words.
_SURE_SUBJECT = re.compile(rf"({_WORDS})\s*(:|$|[-–(].*$|returning message to sender.*$)", re.IGNORECASE)
_DOUBTFUL_SUBJECT = re.compile(rf"({_WORDS}|{_TOPICS})(?!\w)", re.IGNORECASE)


def is_automatic(
    mail: "Message[str, str]",
    headers: dict[str, str],
    envelope_sender: str,
    sender: str,
    own_addresses: frozenset[str],
    own_domain: str,
) -> bool:
    """Whether a machine wrote it (RFC 3834 and what older ones do), ourselves included."""
    subject = _AGAIN.sub("", headers.get("subject", ""), count=1)
    return (
        envelope_sender in ("", "<>")
        or not sender
        or any(_plain(address) in own_addresses for address in (sender, *addresses_in(headers.get("from", ""))))
        or our_message(headers.get("message-id", ""), own_domain) is not None
        or headers.get("auto-submitted", "no").split(";")[0].strip().lower() != "no"
        or headers.get("precedence", "").lower() in ("bulk", "junk", "list", "auto_reply")
        or bool(
            {"all", "oof", "autoreply"} & set(re.findall(r"\w+", headers.get("x-auto-response-suppress", "").lower()))
        )
        or any(name in headers for name in _HEADERS)
        or _SENDERS.match(sender) is not None
        or _SENDERS.match(envelope_sender) is not None
        or _SURE_SUBJECT.match(subject) is not None
        or (_DOUBTFUL_SUBJECT.match(subject) is not None and _answers_us(headers, own_domain))
        or mail.get_content_type() == "multipart/report"
    )


def may_be_automatic(headers: dict[str, str]) -> bool:
    """Whether only its subject speaks for a machine: it may as well be a person who writes about one."""
    return _DOUBTFUL_SUBJECT.match(_AGAIN.sub("", headers.get("subject", ""), count=1)) is not None


def _answers_us(headers: dict[str, str], own_domain: str) -> bool:
    return our_message(f"{headers.get('in-reply-to', '')} {headers.get('references', '')}", own_domain) is not None


def _plain(address: str) -> str:
    """In lower case and without ``+anything``: the panel takes mail to that too."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
