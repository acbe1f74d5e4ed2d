"""Which e-mail addresses are taken."""

import pytest

from shared.web.addresses import can_take_mail


@pytest.mark.parametrize(
    ("email", "fine"),
    [
        ("kari@example.org", True),
        ("k.n+panel@sub.example.org", True),
        ("kari@blåbær.example", True),
        ("kåre@example.org", False),
        ("kari..n@example.org", False),
        (".kari@example.org", False),
        ("kari@example", False),
        ("kari@-example.org", False),
        ("kari@example..org", False),
        ("a@b@example.org", False),
        ("kari@127.0.0.1", False),
        ("k" * 65 + "@example.org", False),
        ("kari@" + "a" * 64 + ".org", False),
        ("kari nord@example.org", False),
    ],
)
def test_only_addresses_that_mail_can_be_sent_to_are_taken(email: str, fine: bool) -> None:
    assert can_take_mail(email) is fine
