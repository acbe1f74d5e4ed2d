"""Which e-mail addresses are taken, and the one form of each; names that look alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.addresses import BadAddress, address_key, ascii_form, counted_as, normal_form, same_mailbox
from shared.characters import plain


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
    if fine:
        assert normal_form(email) == email
    else:
        with pytest.raises(BadAddress):
            normal_form(email)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("kari13@exam\u200bple.org", "kari13@example.org"),
        ("kari13@exam\u00adple.org", "kari13@example.org"),
        ("ka\u00adri13@example.org", "kari13@example.org"),
        ("kari3@BLÅBÆR.NO", "kari3@blåbær.no"),
        ("kari3@xn--blbr-roah.no", "kari3@blåbær.no"),
        ("kari3@bla\u030abær.no", "kari3@blåbær.no"),
        ("kari22@example\u3002org", "kari22@example.org"),
        ("Kari@Example.ORG", "Kari@example.org"),
        ("kari@straße.de", "kari@straße.de"),
        ("kari@strasse.de", "kari@strasse.de"),
    ],
)
def test_every_spelling_of_a_mailbox_has_one_form(typed: str, kept: str) -> None:
    assert normal_form(typed) == kept
    assert address_key(typed) == kept.lower()


def test_mail_to_a_domain_goes_to_that_domain() -> None:
    """IDNA 2003 made another town's street of it."""
    assert ascii_form("kari@straße.de") == "kari@xn--strae-oqa.de"
    assert ascii_form("kari@strasse.de") == "kari@strasse.de"
    assert ascii_form("kari3@blåbær.no") == "kari3@xn--blbr-roah.no"
    for text in ("a@example.org\r\nBcc: b@example.org", "", "@example.org", "a"):
        with pytest.raises(BadAddress) as refusal:
            ascii_form(text)
        assert not str(refusal.value)


@given(st.text(max_size=60))
def test_a_form_is_its_own_form(text: str) -> None:
    try:
        once = normal_form(text)
    except BadAddress:
        assert address_key(address_key(text)) == address_key(text)
    else:
        assert normal_form(once) == once


@pytest.mark.parametrize("name", ["Ka\u0301re", "K\u00e1re\u200b", "K\u00e1\u00adre", " K\u00e1re\u3164"])
def test_names_that_look_alike_are_alike(name: str) -> None:
    assert plain(name) == "K\u00e1re"


def test_a_space_of_any_kind_is_a_space() -> None:
    assert plain("Kari\u00a0Nordmann") == "Kari Nordmann"


def test_two_spellings_of_a_mailbox_are_one_and_an_empty_setting_is_nobodys() -> None:
    assert same_mailbox("Prove@EXAMPLE.org ", "prove@example.org")
    assert not same_mailbox("kari@example.org", "prove@example.org")
    assert not same_mailbox("", "")


def test_a_tag_is_no_new_mailbox_for_the_mails_of_strangers_but_a_member_of_its_own() -> None:
    tagged = ("kari@example.org", "Kari+panel@Example.org", "kari+a+b@example.org")
    assert {counted_as(email) for email in tagged} == {"kari@example.org"}
    assert len({address_key(email) for email in tagged}) == 3
    assert counted_as("kari") == "kari"
