"""Links in mails and sealed cookies: what opens, until when, and what was changed or made elsewhere opens nothing."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from shared import tokens
from shared.refusal import Refusal
from shared.settings import Settings
from shared.tokens import (
    BadLink,
    Link,
    LinkExpired,
    Links,
    Sealed,
    decode_master_keys,
    derive_keys,
    encode_keys,
    public_half,
    sign,
    signed,
)

NEW, OLD = bytes(range(32)), b"o" * 32
MEMBER = UUID("0190a1b2-c3d4-7e5f-8a6b-000000000021")
ENDS = datetime(2027, 3, 1, 12, tzinfo=UTC)
LINKS = Links(derive_keys({"2": NEW, "1": OLD}, ["confirm", "survey"]))
#: Made once: links in mails that were sent must open after every change of this code.
TOKEN = "2.AZChssPUfl-KawAAAAAAIQAAAAMAAAAAa4VdwK23MvKSliO8UNWU2epwIKo"


def test_a_token_is_what_it_has_always_been() -> None:
    assert LINKS.make("confirm", MEMBER, 3, ENDS) == TOKEN
    assert LINKS.check("confirm", TOKEN, ENDS - timedelta(seconds=1)) == Link(MEMBER, 3, ENDS)


def test_a_link_ends_when_it_says_and_tells_what_it_was() -> None:
    with pytest.raises(LinkExpired) as failure:
        LINKS.check("confirm", TOKEN, ENDS)
    assert failure.value.link == Link(MEMBER, 3, ENDS)


def test_what_a_mail_program_took_into_the_link_does_no_harm() -> None:
    for behind in (".", ")", "_", "*", "A", "=", "\u00e5", ").>"):
        assert LINKS.check("confirm", TOKEN + behind, ENDS - timedelta(days=1)).id == MEMBER


def test_a_token_changed_in_one_place_cut_or_of_another_purpose_opens_nothing() -> None:
    key_id, _, rest = TOKEN.partition(".")
    # The last letter holds bits that belong to nothing.
    changed = [f"{key_id}.{rest[:place]}{'A' if rest[place] != 'A' else 'B'}{rest[place + 1 :]}" for place in range(59)]
    wrong = [
        *changed,
        f"1.{rest}",
        f"3.{rest}",
        rest,
        TOKEN[:-2],
        TOKEN[:20],
        f"{key_id}.",
        "",
        ".",
        f"{key_id}.\u00e5",
    ]
    for token in wrong:
        with pytest.raises(BadLink):
            LINKS.check("confirm", token, ENDS - timedelta(days=1))
    for purpose in ("survey", "meeting"):
        with pytest.raises(BadLink):
            LINKS.check(purpose, TOKEN, ENDS - timedelta(days=1))


def test_the_first_key_makes_and_each_checks() -> None:
    old = Links(derive_keys({"1": OLD}, ["confirm"])).make("confirm", MEMBER, 3, ENDS)
    assert LINKS.check("confirm", old, ENDS - timedelta(days=1)).id == MEMBER
    with pytest.raises(BadLink):
        Links(derive_keys({"1": OLD}, ["confirm"])).check("confirm", TOKEN, ENDS - timedelta(days=1))
    with pytest.raises(KeyError):
        LINKS.make("meeting", MEMBER, 3, ENDS)


MASTERS = json.dumps({"2": base64.b64encode(NEW).decode(), "1": base64.b64encode(OLD).decode()})
OF_A_SERVICE = encode_keys(derive_keys(decode_master_keys(MASTERS), ["confirm"]))


def links(master_keys: str = "", link_keys: str = "") -> Links:
    settings = Settings(master_keys=SecretStr(master_keys), link_keys=SecretStr(link_keys))
    return Links.from_settings(settings, ["confirm"])


def test_keys_are_derived_from_the_masters_or_are_a_services_own() -> None:
    for each in (links(MASTERS), links(link_keys=OF_A_SERVICE)):
        assert each.check("confirm", TOKEN, ENDS - timedelta(days=1)).id == MEMBER
        each.require("PANEL_LINK_KEYS", ["confirm"])
        with pytest.raises(Refusal, match=r"^PANEL_LINK_KEYS has no key of «survey»$"):
            each.require("PANEL_LINK_KEYS", ["confirm", "survey"])
    with pytest.raises(Refusal, match=r"^PANEL_LINK_KEYS is not set$"):
        links().require("PANEL_LINK_KEYS", ["confirm"])


@pytest.mark.parametrize(
    "text", ["x", "[]", "1", '{"confirm": "x"}', '{"confirm": {"1": 5}}', '{"confirm": {"1": "x"}}']
)
def test_keys_that_are_not_what_the_command_prints_are_refused_without_being_told(text: str) -> None:
    with pytest.raises(Refusal, match=r"^PANEL_LINK_KEYS is not the JSON that `keys` or `secrets` prints\.$"):
        links(link_keys=text)
    with pytest.raises(Refusal, match=r"^PANEL_MASTER_KEYS is not the JSON"):
        links(master_keys=text)


NOW = 1_800_000_000
PRIVATE = base64.b64encode(NEW).decode()


def test_a_cookie_and_a_session_hold_for_so_many_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)
    cookie, session = Sealed(NEW).seal("n", {"a": 1}, 60), sign(PRIVATE, {"a": 1}, 60)
    for now, content in ((NOW, {"a": 1}), (NOW + 60, {"a": 1}), (NOW + 60.5, None), (NOW + 61, None)):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        assert Sealed(NEW).unseal("n", cookie) == signed(public_half(PRIVATE), session) == content


def test_a_cookie_opens_under_its_own_name_and_key_alone() -> None:
    cookie = Sealed(NEW).seal("n", {"a": 1}, 60)
    assert Sealed(OLD, NEW).unseal("n", cookie) == {"a": 1}
    assert [Sealed(NEW).unseal(*spoilt) for spoilt in (("m", cookie), ("n", cookie[:-4]), ("n", ""), ("n", "å"))] == [
        None, None, None, None,
    ]  # fmt: skip
    assert Sealed(OLD).unseal("n", cookie) is None
    assert Sealed(NEW).unseal("n", f"{cookie[:4]}!{cookie[4:]}") is None
    assert Sealed(NEW).seal("n", {"a": 1}, 60) != cookie, "twice the same is not told by its cookie"


def test_a_cookie_is_the_browsers_and_this_hosts_alone() -> None:
    sealed, response, id_ = Sealed(NEW), Response(), UUID(int=7)
    sealed.set(response, "answer", id_, {"page": 2}, 60)
    header = response.headers["set-cookie"]
    name, _, rest = header.partition("=")
    assert name == f"__Host-answer-{id_}"
    flags = {flag.strip().lower() for flag in rest.split(";")[1:]}
    assert flags == {"path=/", "secure", "httponly", "samesite=lax", "max-age=60"}
    scope: dict[str, Any] = {"type": "http", "headers": [(b"cookie", header.partition(";")[0].encode())]}
    assert sealed.get(Request(scope), "answer", id_) == {"page": 2}
    assert sealed.get(Request(scope), "answer", UUID(int=8)) is None
    gone = Response()
    sealed.clear(gone, "answer", id_)
    flags = {flag.strip().lower() for flag in gone.headers["set-cookie"].split(";")[1:]}
    assert {"path=/", "secure", "httponly", "samesite=lax", "max-age=0"} <= flags


def test_a_signature_is_of_every_byte_of_what_it_signs() -> None:
    text = sign(PRIVATE, {"a": 1}, 60)
    raw = tokens._unb64(text)
    for place in range(0, len(raw), 7):
        spoilt = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        assert signed(public_half(PRIVATE), tokens._b64(spoilt)) is None
