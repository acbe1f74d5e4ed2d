"""The role matrix, made from the routes themselves: no staff page of any service is without its guard."""

import re
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest
from starlette.routing import Route

from shared.cli import load_service
from shared.service import Runtime
from shared.services import SERVICES
from shared.testing import browser, sign_in

RuntimeOf = Callable[..., Awaitable[Runtime]]
#: The way in and out is for everybody: sign-in has no session yet.
OPEN = {("GET", "/staff/login"), ("GET", "/staff/callback")}
#: Posts that change nothing but the audit trail: a look-up keeps what was typed out of addresses,
#: and the address of a feed is the reader's own.
READING = {
    "/staff/logout", "/staff/calendar", "/staff/registration/members", "/staff/notifications/preview",
    "/staff/surveys/try/{questionnaire}/{number:int}",
}  # fmt: skip

#: What the municipality is called, looks like and is compared with is the administrator's, and whose feeds are closed;
#: who draws does not hand out the full file.
FOR_ADMINS = {
    ("POST", "/staff/registration/profile"),
    ("POST", "/staff/registration/population"),
    ("POST", "/staff/calendar/close"),
    ("GET", "/staff/meetings/{meeting_id:uuid}/auditor"),
    ("POST", "/staff/meetings/{meeting_id:uuid}/auditor"),
}


def staff_routes(service: str) -> list[tuple[str, str, str]]:
    """(method, path with ids filled in, path) of each staff page."""
    routes = []
    for route in load_service(service).pages:
        assert isinstance(route, Route)
        if not route.path.startswith("/staff"):
            continue
        path = re.sub(r"\{[^}]+\}", str(uuid4()), re.sub(r"\{\w+:int\}", "1", route.path))
        routes += [(m, path, route.path) for m in sorted(route.methods or ()) if m in ("GET", "POST")]
    return [row for row in routes if (row[0], row[1]) not in OPEN]


@pytest.mark.parametrize("service", SERVICES)
async def test_who_reaches_which_staff_page(service: str, runtime_of: RuntimeOf) -> None:
    rt = await runtime_of(service)
    routes = staff_routes(service)
    assert routes
    for method, path, _ in routes:
        async with browser(rt) as nobody:
            answer = await nobody.request(method, path)
            assert answer.status_code == (303 if method == "GET" else 401), (method, path)
            assert "Logg inn i en ny fane" in answer.text or "/staff/login" in answer.headers["location"]
        async with browser(rt) as stranger:
            sign_in(rt, stranger, "vaktmester")
            assert (await stranger.request(method, path)).status_code == 403, (method, path)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_reader_changes_nothing_and_an_editor_meets_no_closed_door(service: str, runtime_of: RuntimeOf) -> None:
    rt = await runtime_of(service)
    for method, path, pattern in staff_routes(service):
        async with browser(rt) as reader, browser(rt) as editor:
            sign_in(rt, reader, "reader")
            sign_in(rt, editor, "editor")
            if method == "POST" and pattern not in READING:
                assert (await reader.post(path)).status_code == 403, (method, path)
            if (method, pattern) in FOR_ADMINS:
                assert (await editor.request(method, path)).status_code == 403, (method, path)
                sign_in(rt, editor, "admin")
            assert (await editor.request(method, path)).status_code not in (401, 403, 500), (method, path)


async def test_each_service_shows_who_may_what_and_a_page_its_help(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("meetings")
    async with browser(rt) as reader:
        sign_in(rt, reader, "reader")
        table = (await reader.get("/staff/meetings/roles")).text
        row = table.split("Trekke deltakere")[1].split("</tr>")[0]
        assert re.findall(r"<td>(.*?)</td>", row) == ["–", "–", "ja", "ja", "–", "ja"]
        part = await reader.get("/staff/meetings/roles", headers={"Sec-Fetch-Dest": "empty"})
        assert "<html" not in part.text
        page = (await reader.get("/staff/meetings")).text
        assert page.count("Slik gjør du det") == 1
        assert "åpne det for å se hva som er neste steg" in page


async def test_answers_are_read_before_publishing_by_who_may_and_by_no_reader(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("results")
    for role, status in (("reader", 403), ("selector", 403), ("analyst", 404), ("editor", 404)):
        async with browser(rt) as client:
            sign_in(rt, client, role)
            assert (await client.get(f"/staff/results/{uuid4()}")).status_code == status, role
