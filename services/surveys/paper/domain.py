"""The code on a paper, and pages on which every answer may be left out."""

from uuid import UUID

from shared.events.questionnaire import Page

#: Crockford's: no letter that looks like a figure or another letter.
_SIGNS = "0123456789abcdefghjkmnpqrstvwxyz"
_LOOKS_LIKE = str.maketrans({"o": "0", "i": "1", "l": "1", "-": "", " ": ""})
_LETTERS, _BITS = 10, 48


def code_of(invitation_id: UUID) -> str:
    """``abcde-fghjk``: the last 48 bits of the invitation's id, which are random."""
    number = invitation_id.int & (1 << _BITS) - 1
    letters = ""
    for _ in range(_LETTERS):
        number, place = divmod(number, len(_SIGNS))
        letters = _SIGNS[place] + letters
    return f"{letters[:5]}-{letters[5:]}"


def ending_of(code: str) -> str | None:
    """The twelve last hexadecimal figures of the invitation's id, for a code as people write it; None for no code."""
    letters = code.strip().lower().translate(_LOOKS_LIKE)
    if len(letters) != _LETTERS or not set(letters) <= set(_SIGNS):
        return None
    number = 0
    for letter in letters:
        number = number * len(_SIGNS) + _SIGNS.index(letter)
    return f"{number:012x}" if number < 1 << _BITS else None


def all_optional(page: Page) -> Page:
    """The page with nothing that must be answered: what a person left out on paper, nobody can fill in for them."""
    return page.model_copy(
        update={"questions": tuple(question.model_copy(update={"required": False}) for question in page.questions)}
    )
