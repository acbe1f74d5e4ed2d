"""A staff session is registration's word: whoever has only the public key can check it and make none."""

import base64

from deploy.local.environment import secret_settings
from shared.services import SERVICES
from shared.tokens import public_half, sign, signed

PRIVATE, OTHER = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
PUBLIC = public_half(PRIVATE)
STAFF = {"subject": "siri", "roles": ["reader"]}


def test_what_the_private_key_signed_is_read_with_the_public_one() -> None:
    assert signed(PUBLIC, sign(PRIVATE, STAFF, 60)) == STAFF


def test_a_session_signed_with_another_key_is_none() -> None:
    """Also with the public key itself, which every service has."""
    assert signed(PUBLIC, sign(OTHER, STAFF, 60)) is None
    assert signed(PUBLIC, sign(PUBLIC, STAFF, 60)) is None


def test_a_changed_role_breaks_the_signature() -> None:
    text = sign(PRIVATE, STAFF, 60)
    raw = base64.urlsafe_b64decode(text + "==")
    assert b"reader" in raw
    forgery = base64.urlsafe_b64encode(raw.replace(b"reader", b"admins")).rstrip(b"=").decode()
    assert [signed(PUBLIC, spoilt) for spoilt in (forgery, "", "x", text[:-4], text + "AAAA", "å")] == [None] * 6


def test_a_session_ends() -> None:
    assert signed(PUBLIC, sign(PRIVATE, STAFF, -1)) is None


def test_registration_alone_is_given_the_private_key() -> None:
    assert [name for name in SERVICES if "PANEL_STAFF_SIGNING_KEY" in secret_settings(name)] == ["registration"]
    assert all("PANEL_STAFF_PUBLIC_KEY" in secret_settings(name) for name in SERVICES)
