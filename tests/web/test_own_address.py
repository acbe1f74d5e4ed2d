"""What a form of staff is answered with has an address of its own: Back and reload never ask to send it again."""

import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx
import pytest

from shared.service import Runtime
from shared.testing import PUBLIC_URL, browser, sign_in

RuntimeOf = Callable[..., Awaitable[Runtime]]

#: A form of each service that has forms, with a fault in it and what was typed into another field.
FORMS = [
    ("registration", "/staff/registration/channels", {"name": "Buss & <b>", "code": "Æ"}, "Buss &amp; &lt;b&gt;"),
    ("surveys", "/staff/surveys/plan", {"questionnaire": "klima", "closes_on": "2031-17-05"}, "2031-17-05"),
    ("meetings", "/staff/meetings/new", {"heading": "Hva skal torget bli?", "day": "i morgen"}, "Hva skal torget bli?"),
]


def came_from(page: str, **more: str) -> dict[str, str]:
    return {"Referer": f"{PUBLIC_URL}{page}"} | more


async def refused(client: httpx.AsyncClient, page: str, typed: dict[str, str]) -> str:
    answer = await client.post(page, data=typed, headers=came_from(f"{page}?filter=1&again=old"))
    assert answer.status_code == 303
    return answer.headers["location"]


@pytest.mark.parametrize(("service", "page", "typed", "shown"), FORMS)
async def test_a_form_with_faults_is_shown_at_an_address_that_can_be_reloaded(
    runtime_of: RuntimeOf, service: str, page: str, typed: dict[str, str], shown: str
) -> None:
    rt = await runtime_of(service)
    async with browser(rt) as client:
        sign_in(rt, client, "admin")
        where = await refused(client, page, typed)
        assert where.startswith(f"{page}?filter=1&again=")
        assert "old" not in where
        for _ in range(2):
            again = await client.get(where)
            assert again.status_code == 422
            assert shown in again.text
            assert 'role="alert"' in again.text or "panel-errors" in again.text or "ds-validation-message" in again.text
        assert (await client.get(page)).status_code == 200
        assert shown not in (await client.get(page)).text


async def test_it_is_kept_for_who_sent_the_form_and_for_an_hour(
    runtime_of: RuntimeOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt = await runtime_of("registration")
    _, page, fields, words = FORMS[0]
    async with browser(rt) as client, browser(rt) as other:
        sign_in(rt, client, "editor")
        sign_in(rt, other, "admin", name="Odd Annen")
        where = await refused(client, page, fields)
        strange = await other.get(where)
        assert (strange.status_code, strange.headers["location"]) == (303, f"{page}?filter=1")
        client.cookies.clear()
        assert words not in (await client.get(where)).text
        sign_in(rt, client, "editor")
        assert words in (await client.get(where)).text
        now = time.time()
        monkeypatch.setattr("time.time", lambda: now + 3601)
        sign_in(rt, client, "editor")
        assert (await client.get(where)).headers["location"] == f"{page}?filter=1"
        nonsense = await client.get(f"{page}?again=%00nonsense")
        assert (nonsense.status_code, nonsense.headers["location"]) == (303, page)


async def test_a_script_and_what_comes_from_no_page_of_ours_are_answered_in_place(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("registration")
    _, page, fields, words = FORMS[0]
    async with browser(rt) as client:
        sign_in(rt, client, "editor")
        for headers in (
            came_from(page, **{"Sec-Fetch-Mode": "cors"}),
            {"Referer": f"https://evil.test{page}"},
            {"Referer": f"{PUBLIC_URL}.evil.test/"},
            {},
        ):
            answer = await client.post(page, data=fields, headers=headers)
            assert answer.status_code == 422
            assert words in answer.text


#: A form of one service on a page of another, and what it is answered with.
FORMS_ELSEWHERE = [
    ("registration", f"/staff/meetings/{uuid4()}/reply", "/staff/registration/members", {"who": "kari"}, "ingen"),
    ("notifications", f"/staff/results/suggestions/{uuid4()}?again=1", "/staff/notifications/preview",
     {"purpose": "suggestion_answer", "language": "nb", "title": "Lys", "introduction": "Ja."}, "Svar på forslaget"),
]  # fmt: skip


@pytest.mark.parametrize(("service", "page", "action", "typed", "shown"), FORMS_ELSEWHERE, ids=["reply", "mail"])
async def test_a_form_on_another_services_page_is_answered_at_its_own_address(
    runtime_of: RuntimeOf, service: str, page: str, action: str, typed: dict[str, str], shown: str
) -> None:
    rt = await runtime_of(service)
    async with browser(rt) as client:
        sign_in(rt, client, "editor")
        answer = await client.post(action, data=typed, headers=came_from(page))
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"{action}?again=")
        assert shown in (await client.get(answer.headers["location"])).text
