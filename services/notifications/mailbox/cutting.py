"""The sender's own words of a letter: quotes, signature, the sender's address and links for one person are cut."""

import re
from collections.abc import Collection
from typing import NamedTuple

from services.notifications.kinds import KINDS
from services.notifications.mailbox.wording import tidy, words_of

_FROM = r"(?:fra|from|frå|från|von)"
_SENT = words_of("sendt sent skickat gesendet dato date datum")
_SUBJECT = words_of("emne subject ämne betreff")
_LABELS_OF_HEAD = rf"({_FROM}|{'|'.join(sorted(_SENT | _SUBJECT))}|til|to|till|an|kopi|kopia|cc)"
#: A line of the head that mail programs put over what they quote; the label alone is any letter's "Fra: Sandvika".
_HEAD_LINE = re.compile(rf"\s*\*?{_LABELS_OF_HEAD}\s*:\*?\s.*", re.IGNORECASE)
_HEAD_LABEL = re.compile(rf"\s*\*?{_LABELS_OF_HEAD}\s*:", re.IGNORECASE)
_HEAD_START = re.compile(rf"\s*\*?{_FROM}\s*:\*?\s.+", re.IGNORECASE)
_SEPARATOR = re.compile(
    r"\s*(-{2,}\s*(opprinnelig melding|opphavleg melding|original message|videresendt melding|vidaresend melding"
    r"|forwarded message|ursprungligt meddelande|vidarebefordrat meddelande|ursprüngliche nachricht"
    r"|weitergeleitete nachricht)\b.*|begin forwarded message:\s*|_{10,}\s*)$",
    re.IGNORECASE,
)
#: "Den 3. mars 2027 kl. 12 skrev Panelet:", on one line or broken into several; never "… skrev jeg til dere:".
_ATTRIBUTION = re.compile(
    r"\s*(?:-{2,}\s*)?(?:(?:(?:on|den|am|på|man|tirs?|tys|ons|tors?|fre|lør|lau|søn|sun|mon|tue|wed|thu|fri|sat)\b|\d)"
    r"(?=.{0,300}(?:\d{4}|\d[:.]\d\d|@)).{0,300}"
    r"(?:(?<!\bI )(?<!\bwe )\bwrote|\b(?:skrev|skreiv|schrieb)\b(?!\s+(?:jeg|eg|jag|vi|du|dere|de|dykk|ich|wir)\b))"
    r".{0,200}(?::|-{2,})|\d{4}-\d\d-\d\d .{0,150}<\S+@\S+>:|.{1,120}\bskrev følgende:)\s*$",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"\s*((sendt (fra|frå)|skickat från) (min|mitt|outlook|e-?post|mail|yahoo|samsung|iphone|ipad|proton)"
    r"|sent from (my|outlook|mail|yahoo|proton)|gesendet von (meinem|outlook)|von meinem \w+ gesendet"
    r"|hent outlook|get outlook|skaff outlook)\b.{0,60}$",
    re.IGNORECASE,
)
_NAME_WORD = r"[A-ZÆØÅÄÖÉÜ][\w.'’-]*"
_GREETING_WORDS = (
    r"(?:(?:med\s+)?(?:(?:vennlig|venleg|venlege|vänliga?|bästa|beste?|hjertelig|varme?|mange|god)\s+)?"
    r"(?:hilsen|hilsning(?:er)?|helsing|helsning|hälsning(?:ar)?)"
    r"|mvh|vh|(?:(?:with\s+)?(?:kind|best|warm)\s+)?regards|yours\s+(?:sincerely|faithfully)|sincerely(?:\s+yours)?"
    r"|cheers|best wishes|mfg|lg|(?:(?:mit\s+)?(?:freundliche[nr]?|beste|liebe|viele|schöne)\s+)?gr(?:ü|ue)(?:ß|ss)en?)"
)
#: The closing words alone, or with a name behind them: "Hilsen fra Høvik vel!" and "Vh. forslaget:" are none.
_CLOSING = re.compile(
    rf"\s*(?i:{_GREETING_WORDS})\b[\s,.!:]*(?:(?:fra|from|frå|från|von)\s+)?"
    rf"((?:{_NAME_WORD}[\s,.!-]*(?:(?:og|and|och|und|i|in|på)\s+(?=[A-ZÆØÅÄÖÉÜ]))?){{0,5}})$"
)
_NAME = re.compile(rf"\s*{_NAME_WORD}[\s,.-]*(?:(?:{_NAME_WORD}|\d{{1,4}}[A-Z]?)[\s,.-]*){{0,4}}")
_POSTSCRIPT = re.compile(r"\s*(p\.?\s?s\b|forresten|nb\b)", re.IGNORECASE)
_ITEM = re.compile(r"\s*([-*•–]|\d{1,2}[.)])\s+\S")
#: Words that make a short line a sentence, which no name, title or street is.
_VERBS = words_of(
    "er var har hadde må kan vil bør ble blir skal skulle finnes mangler trenger ikke jeg vi dere du det den dette "
    "eg me de dykk vere verta blei vart må kunne ikkje treng manglar burde takk "
    "is are was were has have must can could should will would not please i we you it there need needs"
)
_ADDRESS = re.compile(r"[^@\s<>\"(),:;\\]{1,64}@[^@\s<>\"(),:;\\]{1,255}")
_PHONE = re.compile(
    r"(?<![\d.])(?:(?:\+|00)\d{2}[ .]?)?(?:\d{2}[ .]?\d{2}[ .]?\d{2}[ .]?\d{2}|\d{3} \d{2} \d{3})(?!\d)"
)
_CONTACT = re.compile(f"{_ADDRESS.pattern}|{_PHONE.pattern}|\\bwww\\.\\S+|https?://\\S+", re.IGNORECASE)
_LABELS = re.compile(r"\b(tlf|telefon|mobil|mob|tel|phone|e-?post|e-?mail|mail|epost|web|nett)\b", re.IGNORECASE)
#: Links in our own mails, which open something for one person.
_PATHS_FOR_ONE = sorted({kind.link.path for kind in KINDS.values() if kind.link} | {"/mail/unsubscribe/"})
_LINK_FOR_ONE = re.compile(rf"(?:{'|'.join(_PATHS_FOR_ONE)})\S+")
_LINK_CUT, _ADDRESS_CUT, _PHONE_CUT, _NAME_CUT = "/[lenke]", "[e-postadresse]", "[telefonnummer]", "[navn]"

_LONGEST_ATTRIBUTION = 500
_LONGEST_SIGNATURE_LINE = 60
_CLOSING_SEARCHED = 40
_DEVICE_SEARCHED = 4
_QUOTE_SEARCHED = 60


class Cut(NamedTuple):
    """A letter in two: what goes on as its text, and what was cut from it because it quotes us."""

    letter: str
    removed: str


def cut(text: str, sender: str = "", name: str = "", our_names: Collection[str] = (), *, marked: bool = False) -> Cut:
    """The letter without what surely quotes us, its signature (names and numbers) and the sender's address.

    ``our_names``: what names us, in lower case. ``marked``: lines with ``>`` are quotes, as those of an HTML letter
    are, and never a list of the sender's own. What is cut as a quote is the second part, without addresses, numbers
    and the sender's name; a signature goes nowhere. A letter that would be empty keeps its words.
    """
    lines = text.split("\n")
    if all(line.lstrip().startswith(">") for line in lines if line.strip()):
        lines = [re.sub(r"^[>\s]+", "", line) for line in lines]
    own, quoted = _parted(lines, our_names, marked)
    letter = tidy("\n".join(_without_signature(own, name)))
    rest = _masked(tidy("\n".join(quoted)), name)
    if not letter:
        whole = own if tidy("\n".join(own)) else [line for line in lines if not _is_frame(line)]
        letter = _masked(tidy("\n".join(whole)), "")
        rest = "" if whole is not own else rest
    return Cut(without_sender(letter, sender), without_sender(rest, sender))


def without_sender(text: str, sender: str) -> str:
    """The text without the sender's address and without links of ours that open something for one person."""
    bare = _LINK_FOR_ONE.sub(_LINK_CUT, text)
    return re.sub(re.escape(sender), _ADDRESS_CUT, bare, flags=re.IGNORECASE) if sender else bare


def _masked(text: str, name: str) -> str:
    """The text without anybody's address or number, and without the sender's name as our letters greet it."""
    bare = _PHONE.sub(_PHONE_CUT, _ADDRESS.sub(_ADDRESS_CUT, _LINK_FOR_ONE.sub(_LINK_CUT, text)))
    for part in sorted({name, *name.split()}, key=len, reverse=True):
        if len(part) > 1:
            bare = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", _NAME_CUT, bare, flags=re.IGNORECASE)
    return bare


def _is_frame(line: str) -> bool:
    """A line that only says who wrote what follows."""
    return _HEAD_LINE.match(line) is not None or _ATTRIBUTION.match(line) is not None


def _parted(lines: list[str], our_names: Collection[str], answering: bool) -> tuple[list[str], list[str]]:
    """(the letter's own lines, those that quote us). What stands below lines marked ``>`` is the letter's own again."""
    own: list[str] = []
    quoted: list[str] = []
    number = 0
    while number < len(lines):
        head, surely_us = _head(lines, number, our_names)
        if surely_us:
            quoted += lines[number:]
            break
        if head:
            # Somebody else's mail, passed on: its words are part of the letter, and who wrote them is not.
            quoted += lines[number : number + head]
            number += head
            continue
        height = _attribution(lines, number, our_names)
        if height:
            quoted += lines[number : number + height]
            number, answering = number + height, True
            after = next((later for later in lines[number:] if later.strip()), ">")
            if not after.lstrip().startswith(">"):
                quoted += lines[number:]
                break
            continue
        if lines[number].lstrip().startswith(">"):
            block = _marked_block(lines, number)
            whose = quoted if answering or _names_us("\n".join(block), our_names) else own
            whose += block
            number += len(block)
            continue
        own.append(lines[number])
        number += 1
    return own, quoted


def _marked_block(lines: list[str], number: int) -> list[str]:
    end = number
    while end < len(lines) and lines[end].lstrip().startswith(">"):
        end += 1
    return lines[number:end]


def _head(lines: list[str], number: int, our_names: Collection[str]) -> tuple[int, bool]:
    """(lines of a mail's head that stands here, whether it surely quotes us); 0 is none.

    It names us, or it is one that only programs write; lines of a person's own ("Fra: Sandvika") are none.
    """
    start, begins = number, _HEAD_START
    if _SEPARATOR.match(lines[number]):
        start = next((at for at in range(number + 1, min(number + 4, len(lines))) if lines[at].strip()), number)
        begins = _HEAD_LINE
    if not begins.match(lines[start]):
        return 0, False
    end = start + 8
    while end > start and not _HEAD_LINE.match(lines[end - 1] if end <= len(lines) else ""):
        end -= 1
    head = lines[start:end]
    labels = {label[1].lower() for label in map(_HEAD_LABEL.match, head) if label is not None}
    if len(labels) < 2:
        return 0, False
    whole = len(labels) >= 4 and bool(labels & _SUBJECT) and bool(labels & _SENT)
    text, quote = "\n".join(head), "\n".join(lines[end : end + _QUOTE_SEARCHED])
    surely_us = _names_us(text, our_names) or (whole and _names_us(quote, our_names))
    return (end - number if start > number or _ADDRESS.search(text) else 0), surely_us


def _names_us(text: str, our_names: Collection[str]) -> bool:
    bare = " ".join(text.lower().replace(">", " ").split())
    return any(mark in bare for mark in our_names) or _LINK_FOR_ONE.search(text) is not None


def _attribution(lines: list[str], number: int, our_names: Collection[str]) -> int:
    """How many lines from here say that we wrote what is quoted next; 0 is none."""
    for height in (1, 2, 3):
        together = lines[number : number + height]
        if sum(map(len, together)) > _LONGEST_ATTRIBUTION:
            return 0
        words = " ".join(together)
        if _ATTRIBUTION.match(words):
            return height if _names_us(words, our_names) or _ADDRESS.search(words) else 0
    return 0


def _without_signature(lines: list[str], name: str) -> list[str]:
    for number, line in enumerate(lines):
        if line.rstrip() == "--" and _is_signature(lines[number + 1 :], name, sure=line == "-- "):
            lines = lines[:number]
            break
    letter = _stripped(lines)
    ends = len(letter) - _DEVICE_SEARCHED
    letter = _stripped([line for number, line in enumerate(letter) if number < ends or not _DEVICE.match(line)])
    for number in range(max(len(letter) - _CLOSING_SEARCHED, 0), len(letter)):
        if len(letter[number]) <= _LONGEST_SIGNATURE_LINE and _CLOSING.match(letter[number]):
            return _stripped(letter[:number] + _after_closing(letter[number + 1 :], name))
    return _without_name(_without_contact_lines(letter), name)


def _after_closing(lines: list[str], name: str) -> list[str]:
    """What is the letter's again below its closing words: a postscript, or anything else that is no signature."""
    rest = _paragraphs(lines)
    while rest and _signs(rest[0]):
        rest.pop(0)
    if not rest:
        return []
    while len(rest[0]) > 1 and _is_name(rest[0][0]):
        rest[0].pop(0)
    return ["", *_without_signature([line for paragraph in rest for line in ("", *paragraph)][1:], name)]


def _is_name(line: str) -> bool:
    return len(line) <= _LONGEST_SIGNATURE_LINE and _NAME.fullmatch(line) is not None


def _paragraphs(lines: list[str]) -> list[list[str]]:
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return [paragraph for paragraph in paragraphs if paragraph]


def _signs(paragraph: list[str]) -> bool:
    """Whether a paragraph under the closing words is names, titles and numbers, and not the letter going on."""
    if _POSTSCRIPT.match(paragraph[0]) or _ITEM.match(paragraph[0]) or _is_sentence(paragraph[0]):
        return False
    return any(_CONTACT.search(line) for line in paragraph) or not any(
        _is_sentence(line) or _ITEM.match(line) for line in paragraph
    )


def _is_sentence(line: str) -> bool:
    words = re.findall(r"\w+", _CONTACT.sub("", line).lower())
    says = bool(_VERBS & set(words)) or line.rstrip().endswith((".", "?", "!", ":"))
    return len(words) >= 3 and (says or len(line) > _LONGEST_SIGNATURE_LINE)


def _is_signature(after: list[str], name: str, *, sure: bool) -> bool:
    """Whether what stands below ``--`` signs the letter; without the space behind it (``sure``), more is asked."""
    paragraphs = _paragraphs(after)
    if not paragraphs:
        return True
    if not all(_signs(paragraph) for paragraph in paragraphs):
        return False
    text = "\n".join(after)
    named = bool(name) and name.casefold().split()[0] in text.casefold()
    return sure or named or all(map(_is_name, paragraphs[0])) or _CONTACT.search(text) is not None


def _without_contact_lines(letter: list[str]) -> list[str]:
    """Without a last paragraph that is a name, a number, an address: a signature nobody introduced."""
    begin = max((number for number, line in enumerate(letter) if not line.strip()), default=None)
    if begin is None:
        return letter
    last = letter[begin + 1 :]
    bare = [len(re.findall(r"\w+", _LABELS.sub("", _CONTACT.sub("", line)))) for line in last]
    words_only = all(
        words <= 5 and len(line) <= _LONGEST_SIGNATURE_LINE for words, line in zip(bare, last, strict=True)
    )
    contact = any(_CONTACT.search(line) and words <= 3 for words, line in zip(bare, last, strict=True))
    return _stripped(letter[:begin]) if words_only and contact else letter


def _without_name(letter: list[str], name: str) -> list[str]:
    """Without the sender's name as the last lines."""
    names = {name.casefold(), name.casefold().partition(" ")[0]} - {""}
    while len(letter) > 1 and letter[-1].strip(" -–,.").casefold() in names:
        letter = _stripped(letter[:-1])
    return letter


def _stripped(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]
