"""The sender's own words of a letter: quotes, signature, the sender's address and links for one person are cut."""

import re

from services.notifications.kinds import KINDS
from services.notifications.mailbox.wording import tidy

#: From here on a letter quotes another one, to its end.
_FORWARDED = re.compile(
    r"\s*(-{2,}\s*(opprinnelig melding|opphavleg melding|original message|videresendt melding|vidaresend melding"
    r"|forwarded message)\b.*|_{10,}\s*)$",
    re.IGNORECASE,
)
#: "Den 3. mars 2027 kl. 12 skrev Panelet:", on one line or broken into several; never "… skrev jeg til dere:".
_ATTRIBUTION = re.compile(
    r"\s*(?:(?:(?:on|den|på|man|tir|tys|ons|tor|fre|lør|lau|søn|sun|mon|tue|wed|thu|fri|sat)\b|\d)"
    r"(?=.{0,300}(?:\d{4}|\d[:.]\d\d|@)).{0,300}"
    r"(?:(?<!\bI )(?<!\bwe )\bwrote|\b(?:skrev|skreiv)\b(?!\s+(?:jeg|eg|vi|du|dere|de|dykk)\b)).{0,200}:"
    r"|.{1,120}\bskrev følgende:)\s*$",
    re.IGNORECASE,
)
_QUOTE_HEADER = re.compile(r"\s*\*?(fra|from|frå)\s*:\*?\s.+", re.IGNORECASE)
_QUOTE_HEADER_NEXT = re.compile(r"\s*\*?(sendt|sent|dato|date|emne|subject)\s*:\*?\s", re.IGNORECASE)
_QUOTE_HEADERS = re.compile(
    r"\s*\*?(fra|from|frå|sendt|sent|dato|date|emne|subject|til|to|kopi|cc)\s*:\*?\s.*", re.IGNORECASE
)
_DEVICE = re.compile(r"\s*(sendt fra|sent from|hent outlook|get outlook|skaff outlook)\b.{0,60}$", re.IGNORECASE)
_CLOSING = re.compile(
    r"\s*((med\s+)?(vennlig|venleg|beste|hjertelig|varm)?e?\s*(hilsen|hilsning|helsing|helsning)\b"
    r"|mvh\b|vh\b|((with\s+)?(kind|best|warm)\s+)?regards\b|yours\s+(sincerely|faithfully)|sincerely\b)",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"\s*p\.?\s?s\b", re.IGNORECASE)
_ADDRESS = re.compile(r"[^@\s<>\"(),:;\\]{1,64}@[^@\s<>\"(),:;\\]{1,255}")
_PHONE = re.compile(
    r"(?<![\d.])(?:(?:\+|00)\d{2}[ .]?)?(?:\d{2}[ .]?\d{2}[ .]?\d{2}[ .]?\d{2}|\d{3} \d{2} \d{3})(?!\d)"
)
_CONTACT = re.compile(f"{_ADDRESS.pattern}|{_PHONE.pattern}|\\bwww\\.\\S+|https?://\\S+", re.IGNORECASE)
_LABELS = re.compile(r"\b(tlf|telefon|mobil|mob|tel|phone|e-?post|e-?mail|mail|epost|web|nett)\b", re.IGNORECASE)
#: Links in our own mails, which open something for one person.
_PATHS_FOR_ONE = sorted({kind.link.path for kind in KINDS.values() if kind.link} | {"/mail/unsubscribe/"})
_LINK_FOR_ONE = re.compile(rf"(?:{'|'.join(_PATHS_FOR_ONE)})\S+")
_LINK_CUT, _ADDRESS_CUT, _PHONE_CUT = "/[lenke]", "[e-postadresse]", "[telefonnummer]"

_LONGEST_ATTRIBUTION = 500
_LONGEST_SIGNATURE = 12
_LONGEST_CLOSING_LINE = 60
_CLOSING_SEARCHED = 40


def cut(text: str, sender: str = "", name: str = "") -> str:
    """The letter without what it quotes, its signature (which holds names and numbers) and the sender's address.

    A letter that would be empty then keeps its words, but no line of a quoted letter's head, address or number.
    """
    own = _without_quotes(text.split("\n"))
    kept = tidy("\n".join(_without_signature(own, name)))
    if not kept:
        lines = own if tidy("\n".join(own)) else [re.sub(r"^[>\s]+", "", line) for line in text.split("\n")]
        whole = "\n".join(line for line in lines if not _QUOTE_HEADERS.match(line) and not _ATTRIBUTION.match(line))
        kept = tidy(_PHONE.sub(_PHONE_CUT, _ADDRESS.sub(_ADDRESS_CUT, _LINK_FOR_ONE.sub(_LINK_CUT, whole))))
    return without_sender(kept, sender)


def without_sender(text: str, sender: str) -> str:
    """The text without the sender's address and without links of ours that open something for one person."""
    bare = _LINK_FOR_ONE.sub(_LINK_CUT, text)
    return re.sub(re.escape(sender), _ADDRESS_CUT, bare, flags=re.IGNORECASE) if sender else bare


def _without_quotes(lines: list[str]) -> list[str]:
    """Quoted lines, and who wrote them, are left out; what stands below them is the letter's own again."""
    kept: list[str] = []
    number = 0
    while number < len(lines):
        line, following = lines[number], lines[number + 1 : number + 5]
        header = _QUOTE_HEADER.match(line) and any(_QUOTE_HEADER_NEXT.match(later) for later in following)
        if header or _FORWARDED.match(line):
            break
        height = _attribution(lines, number)
        if height:
            number += height
            after = next((later for later in lines[number:] if later.strip()), ">")
            if not after.lstrip().startswith(">"):
                break
            continue
        if not line.lstrip().startswith(">"):
            kept.append(line)
        number += 1
    return kept


def _attribution(lines: list[str], number: int) -> int:
    """How many lines from here say who wrote what is quoted next; 0 is none."""
    for height in (1, 2, 3):
        together = lines[number : number + height]
        if sum(map(len, together)) > _LONGEST_ATTRIBUTION:
            return 0
        if _ATTRIBUTION.match(" ".join(together)):
            return height
    return 0


def _without_signature(lines: list[str], name: str) -> list[str]:
    for number, line in enumerate(lines):
        if line.rstrip() == "--":
            lines = lines[:number]
            break
    kept = _stripped([line for line in lines if not _DEVICE.match(line)])
    for number in range(max(len(kept) - _CLOSING_SEARCHED, 0), len(kept)):
        after = kept[number + 1 :]
        if _closes(kept[number]) and _is_signature(after):
            return kept[:number] + _postscript(after)
    return _without_name(_without_contact_lines(kept), name)


def _closes(line: str) -> bool:
    found = _CLOSING.match(line)
    sentence = line.rstrip().endswith((".", "?", "!")) and len(line.split()) > 4
    return found is not None and len(line) <= _LONGEST_CLOSING_LINE and not sentence


def _is_signature(after: list[str]) -> bool:
    told = [line for line in after if line.strip()]
    short = len(told) <= _LONGEST_SIGNATURE and all(len(line) <= _LONGEST_CLOSING_LINE for line in told)
    return short or any(_CONTACT.search(line) for line in told)


def _postscript(after: list[str]) -> list[str]:
    """The paragraph that begins with P.S., which is the letter's."""
    begin = next((number for number, line in enumerate(after) if _POSTSCRIPT.match(line)), None)
    if begin is None:
        return []
    end = next((number for number in range(begin, len(after)) if not after[number].strip()), len(after))
    return ["", *after[begin:end]]


def _without_contact_lines(kept: list[str]) -> list[str]:
    """Without a last paragraph that is a name, a number, an address: a signature nobody introduced."""
    begin = max((number for number, line in enumerate(kept) if not line.strip()), default=None)
    if begin is None:
        return kept
    last = kept[begin + 1 :]
    bare = [len(re.findall(r"\w+", _LABELS.sub("", _CONTACT.sub("", line)))) for line in last]
    words_only = all(words <= 5 and len(line) <= _LONGEST_CLOSING_LINE for words, line in zip(bare, last, strict=True))
    contact = any(_CONTACT.search(line) and words <= 3 for words, line in zip(bare, last, strict=True))
    return _stripped(kept[:begin]) if words_only and contact else kept


def _without_name(kept: list[str], name: str) -> list[str]:
    """Without the sender's name as the last lines."""
    names = {name.casefold(), name.casefold().partition(" ")[0]} - {""}
    while len(kept) > 1 and kept[-1].strip(" -–,.").casefold() in names:
        kept = _stripped(kept[:-1])
    return kept


def _stripped(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]
