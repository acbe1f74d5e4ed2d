"""Keys are exchanged while people use what the old ones made."""

import base64
from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.cli import load_service
from shared.refusal import Refusal
from shared.testing import make_test_runtime
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


@pytest.mark.parametrize(
    ("service", "words"), [("surveys", "PANEL_LINK_KEYS is not set"), ("notifications", "PANEL_MASTER_KEYS is not set")]
)
def test_a_service_without_its_keys_for_links_does_not_start(service: str, words: str, tmp_path: Path) -> None:
    """It would start, and no mail would have its link."""
    with pytest.raises(Refusal, match=f"^{words}$"):
        make_test_runtime(
            load_service(service), "postgresql://nobody@127.0.0.1:1/x", tmp_path / "clock", master_keys=SecretStr("")
        )


@pytest.mark.parametrize("missing", ["", " "])
def test_a_key_that_is_missing_is_said_to_be(missing: str) -> None:
    with pytest.raises(Refusal, match=r"^PANEL_COOKIE_KEY is not set$"):
        as_keys("PANEL_COOKIE_KEY", SecretStr(missing))


@pytest.mark.parametrize("wrong", ["x", f"{NEW} x", NEW[:-8], f"{NEW[:4]}!{NEW[4:]}"])
def test_a_key_of_the_wrong_shape_is_refused_by_its_settings_name(wrong: str) -> None:
    with pytest.raises(Refusal, match=r"^PANEL_COOKIE_KEY must be 32 bytes in base64\.$"):
        as_keys("PANEL_COOKIE_KEY", SecretStr(wrong))
