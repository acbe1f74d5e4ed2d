"""The rules of refusals: whether an address is dead, takes mail again later, or the refusal is about something else."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

#: Refusals that may pass end here: so many of them within so long, and the address counts as dead.
SOFT_LIMIT = 5
SOFT_WITHIN = timedelta(days=180)


class Verdict(StrEnum):
    """What a refusal is about."""

    DEAD = "dead"
    """The address, for good."""
    SOFT = "soft"
    """The address, for now: a full mailbox, a server that is away."""
    OTHER = "other"
    """This mail, or our server's standing: it says nothing about the address."""


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


#: About us or this one mail, whatever else stands beside it.
_OURS = _any(
    r"spam(?!-?cop\w*\.\w+@)|junk mail|unsolicited|block ?list|black ?list|\bRBL\b|DNSBL|spamhaus|barracuda|reputation",
    r"\bDMARC\b|\bDKIM\b|\bSPF\b|sender policy framework|unauthenticated|not authenticated",
    r"sender address .{0,80}(not exist|not found|unknown|invalid)|domain of sender|protocol violation"
    r"|in reply to (end of )?DATA",
    r"\b(by|local|security|for) polic(y|ies)|frequency limit|blocked ip|recipient preferences|not rfc ?5?822",
    r"sender (address )?(rejected|verify failed|not allowed)|sender .{0,40}(rejected|denied)|rejected .{0,20}sender\b",
    r"(client|server|ip|host)( address)? .{0,60}(blocked|banned|listed|denied)|banned sending|your (ip|mail ?server)",
    r"relay(ing)? (access )?(denied|not permitted)|unable to relay|not permitted to relay"
    r"|relaying? (is )?(prohibited|disallowed)",
    r"(message|mail|size) .{0,30}(too (large|big)|exceeds)|too large|size limit|message size|max(imum)? .{0,20}size",
    r"(content|message|mail|attachment) [^,;]{0,20}(rejected|refused|blocked|violat)|virus|malware|phish",
    r"(mail|routing) loop|too many hops|hop count|rate limit|too many (messages|connections|recipients)",
    r"not (allowed|authori[sz]ed|permitted) to send|RESOLVER\.RST\.|restricted .{0,30}(sender|recipient|group)|moderat",
    r"allowed only from|only (accepts?|allows?) .{0,40}(internal|authori|members)|line too long|reverse dns|\bPTR\b",
    r"\bHELO\b(?! handshake)|(after|>>>) MAIL FROM|unrout\w* sender|valid From:|sending mail of domain|open relay"
    r"|my name was rejected|(messages|mail) from .{0,60}(weren.?t|not) (sent|accepted)|SMTP Authentication",
)
_FULL = _any(
    r"(mail ?box|inbox|account|user|recipient|quota|disk|storage|mbx|postboks\w*|innboks\w*).{0,60}"
    r"\b(full|exceed\w*|over ?quota|overdrawn|overskrevet|fullt?)\b",
    r"(over|reached) (the |its |his |her |their )?(disk |storage )?quota|quota (is )?(full|exceeded|violation)"
    r"|exceed\w* .{0,30}quota"
    r"|out of .{0,10}storage",
    r"insufficient (system |disk )?(storage|space|resources)|not enough (storage|disk )?space|no space left|disk full",
    r"\bfull\b.{0,20}(mail ?box|inbox)|too much mail|mailfolder is full|quota exceeded",
)
_LATER = _any(
    r"try (again|later)|temporar|greylist|gr[ae]y-list|deferred|timed? ?out|time-?out|connection (refused|reset"
    r"|lost|failed)",
    r"not responding|network (is )?(unreachable|error)|no route to host|could not connect|can'?t connect"
    r"|unable to connect|(host|domain|server) (is )?not reachable|did not accept our requests to connect"
    r"|lost connection",
    r"delivery time expired|retry time.{0,30}(exceeded|not reached)|(message|envelope) (has )?expired"
    r"|too long in the queue|gave up|giving up (on|\.)|retries, giving up|could not deliver for the last"
    r"|failing for a long time",
    r"receiving mail at a rate|name server reply|prevents additional messages",
    r"resources? (temporarily )?unavailable|service (currently )?(not |un)available|server (is )?busy|under maintenance"
    r"|mailbox is locked",
)
_GONE = _any(
    r"(user|recipient|addressee|account|mail ?box|address|alias|login|person|customer|local.?part|domain|host|member)\b"
    r"(?!.{0,20}(full|quota)).{0,80}\b(unknown|unavailable|not known|not found|not exist|n[o']t exist|not listed"
    r"|not here"
    r"|not valid|invalid|illegal|undeliverable|disabled|deactivated|inactive|suspended|closed|expired|discontinued"
    r"|terminated"
    r"|deleted|removed|unrouteable|not local|not active|no longer|doesn.?t (have|like)|doesn.?t exist"
    r"|couldn.?t be found|could not be found|wasn.?t found|isn.?t (valid|active)|not our|not a (valid|known)|ukjent"
    r"|finnes ikke"
    r"|ble ikke funnet|deaktivert|stengt|nicht gefunden|unbekannt|existiert nicht|inconnu|introuvable)\b",
    r"(unknown|no such|invalid|bad destination|nonexistent|non-existent|inactive|disabled|unrouteable|illegal"
    r"|undeliverable"
    r"|unrecogni[sz]ed|not a valid|no valid|nonexisting|cannot find|can'?t find|ukjent|ugyldig|ingen slik"
    r"|unbekannter?)\W+"
    r"(\w+\W+){0,3}?(user|recipients?|addressee|account|mail ?box|address|alias|login|person|local.?part|domain"
    r"|host|destination"
    r"|mottaker\w*|adresse\w*|bruker\w*|postboks\w*|empf\w+nger)\b",
    r"account is (locked|blocked)",
    r"no (mail ?box|account|such \w+) (here )?(by|with) that (name|address)|doesn'?t have an? .{0,40}account"
    r"|is not a member",
    r"RecipNotFound|RecipientNotFound|recipient not found|host or domain name not found|domain .{0,20}does not exist",
    r"Recipient address rejected: Access denied|account that you tried to reach|verification failed for <|no existe"
    r"|nullMX",
    r"not our customer|no longer (works|employed|with us|in use|valid|available|accept)|address (you sent|couldn)",
    r"does not (like|accept mail for this) recipient|mailbox unavailable|list of allowed rcpt|unrouteable"
    r"|not listed in",
)
#: The domain itself is not there: told with codes that say "for now", and after days of trying.
_NO_DOMAIN = _any("NXDOMAIN", "does not exist in the DNS", r"domain name .{0,30}does not exist")
#: What reports say to their reader, whatever has happened.
_ADVICE = re.compile(r"(verify|check)[^.]{0,80}\btry\b|try to resend", re.IGNORECASE)
#: x.y.z, but no address of a computer and no version of a program.
_ENHANCED = re.compile(r"(?<![\d.])([45])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_CODE = re.compile(r"(?<![\d.:/\-])([45]\d\d)(?=[\s\-:;,.<(#)\"']|$)(?!\.\d)")
_DEAD_CODES = (550, 551, 553)


def judge(words: str, code: int = 0) -> Verdict:
    """What a refusal is about: ``words`` are the server's own, its status codes among them; ``code`` its SMTP reply.

    Words go before codes: servers agree on the words far better. A comment behind a code changes nothing, and a code
    that ends in 0.0 says nothing (RFC 3463) and leaves it to the others.
    """
    words = " ".join(words.split())[:4_000]
    if _OURS.search(words):
        return Verdict.OTHER
    enhanced = [(status[1], int(status[2]), int(status[3])) for status in _ENHANCED.finditer(words)]
    telling = [status for status in enhanced if status[1:] != (0, 0)]
    codes = [code] if code else [int(match[1]) for match in _CODE.finditer(words)]
    if _NO_DOMAIN.search(words):
        return Verdict.DEAD
    if _FULL.search(words) or any(status[1:] == (2, 2) for status in telling):
        return Verdict.SOFT
    classes = [status[0] for status in enhanced] or [str(reply // 100) for reply in codes]
    if classes and "5" not in classes:
        return Verdict.SOFT
    final, later = _GONE.search(words), _LATER.search(_ADVICE.sub("", words))
    if final and (classes or not later):
        return Verdict.DEAD
    if later:
        return Verdict.SOFT
    if telling:
        return _by_status(telling)
    return Verdict.DEAD if any(reply in _DEAD_CODES for reply in codes) else Verdict.OTHER


def _by_status(statuses: Iterable[tuple[str, int, int]]) -> Verdict:
    """RFC 3463: 5.1.x is the address (7 and 8 are the sender's), 5.2.1 a closed mailbox, 5.4.4 no such host."""
    for _, subject, detail in statuses:
        if (subject == 1 and detail not in (7, 8, 9)) or (subject, detail) in ((2, 1), (4, 4), (4, 310)):
            return Verdict.DEAD
        if (subject, detail) in ((4, 1), (4, 7), (4, 300), (3, 1), (2, 4)):
            return Verdict.SOFT
    return Verdict.OTHER


def soft_count(count: int, since: datetime | None, now: datetime) -> tuple[int, datetime]:
    """(refusals so far, when the first of them came) after one more that may pass; old ones are not counted."""
    if since is None or now - since > SOFT_WITHIN:
        return 1, now
    return count + 1, since
