"""E-mail addresses: one normal form of each mailbox, the same in forms, files, letters and mail that goes out.

The domain is IDNA 2008, which keeps ``straße.de`` apart from ``strasse.de``; Python's own codec does not.
"""

from functools import lru_cache

from email_validator import EmailNotValidError, ValidatedEmail, validate_email
from pydantic_core import PydanticCustomError

from shared.characters import visible


class BadAddress(ValueError):
    """Mail cannot be sent to this text; the message never holds it."""


#: A file's row asks for the form and the key of one text.
@lru_cache(maxsize=256)
def _validated(text: str) -> ValidatedEmail:
    try:
        # Names for tests (``.test``) are as good as others: whether a domain exists is not asked here.
        return validate_email(
            visible(text), check_deliverability=False, allow_smtputf8=False, strict=True, test_environment=True
        )
    except EmailNotValidError:
        raise BadAddress from None


def normal_form(text: str) -> str:
    """The address as it is kept and shown: nothing invisible, the domain in its own letters, lower case.

    The part before @ must be ASCII and keeps its case. Raises BadAddress.
    """
    address = _validated(text)
    return f"{address.local_part}@{address.domain}"


def ascii_form(text: str) -> str:
    """The address as SMTP takes it, the domain in ``xn--`` where it must be. Raises BadAddress."""
    address = _validated(text)
    return f"{address.local_part}@{address.ascii_domain}"


def address_key(text: str) -> str:
    """What is equal for two spellings of one mailbox: the normal form in lower case.

    A text that is no address (a look-up may ask for anything) is its own, visible and folded.
    """
    try:
        return normal_form(text).lower()
    except BadAddress:
        return visible(text).strip().casefold()


def counted_as(text: str) -> str:
    """Whose mails a mail to it counts among: most servers take ``kari+panel@`` for ``kari@``, a tag changes nothing."""
    local, at, domain = address_key(text).rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def same_mailbox(text: str, mailbox: str) -> bool:
    """Whether the text is a spelling of the mailbox; an empty mailbox is nobody's."""
    return bool(mailbox) and address_key(text) == address_key(mailbox)


def checked_address(value: str) -> str:
    """For form models: the normal form, or the error ``email_form``."""
    try:
        return normal_form(value)
    except BadAddress:
        raise PydanticCustomError("email_form", "email_form") from None
