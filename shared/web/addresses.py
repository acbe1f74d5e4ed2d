"""E-mail addresses: which ones mail can be sent to."""

import re

from shared.rules import rule_broken

#: Characters of an unquoted local part (RFC 5322, atext), between single dots.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def can_take_mail(email: str) -> bool:
    """Whether mail can be sent to the address: an ASCII local part; the domain may be Norwegian (blåbær.no)."""
    local, at, domain = email.rpartition("@")
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local):
        return False
    try:
        labels = domain.encode("idna").decode("ascii").split(".")
    except UnicodeError:
        return False
    return len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def checked_address(value: str) -> str:
    """For form models: the address, or the error ``email_form``."""
    if not can_take_mail(value):
        raise rule_broken("email_form")
    return value
