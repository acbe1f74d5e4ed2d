"""Keys are exchanged while people use what the old ones made."""

import base64

import pytest
from pydantic import SecretStr

from shared.refusal import Refusal
from shared.tokens import Sealed, as_keys, public_half, sign, signed

OLD, NEW = (base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))
NAME = "__Host-answer-1"


def sealed(text: str) -> Sealed:
    return Sealed(*as_keys("PANEL_COOKIE_KEY", SecretStr(text)))


def test_a_cookie_of_the_old_key_is_read_until_that_key_goes() -> None:
    cookie = sealed(OLD).seal(NAME, {"page": 1}, 60)
    assert sealed(f"{NEW} {OLD}").unseal(NAME, cookie) == {"page": 1}
    assert sealed(NEW).unseal(NAME, cookie) is None


def test_new_cookies_are_made_with_the_first_key() -> None:
    cookie = sealed(f"{NEW} {OLD}").seal(NAME, {"page": 2}, 60)
    assert sealed(NEW).unseal(NAME, cookie) == {"page": 2}
    assert sealed(OLD).unseal(NAME, cookie) is None


def test_a_staff_session_of_either_key_is_believed_while_both_are_named() -> None:
    both = f"{public_half(NEW)} {public_half(OLD)}"
    for private in (OLD, NEW):
        assert signed(both, sign(private, {"name": "x"}, 60)) == {"name": "x"}
    assert signed(public_half(NEW), sign(OLD, {"name": "x"}, 60)) is None


@pytest.mark.parametrize("wrong", ["", " ", "x", f"{NEW} x", NEW[:-8]])
def test_a_key_of_the_wrong_shape_is_refused_by_its_settings_name(wrong: str) -> None:
    with pytest.raises(Refusal, match=r"^PANEL_COOKIE_KEY must be 32 bytes in base64\.$"):
        as_keys("PANEL_COOKIE_KEY", SecretStr(wrong))
