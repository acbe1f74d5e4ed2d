"""The staff menu: a place has a word of the heading of its page, so that whoever follows it knows the place."""

import re
from collections.abc import Awaitable, Callable

import pytest

from shared.service import Runtime
from shared.services import ROUTES, SERVICES
from shared.testing import browser, sign_in

RuntimeOf = Callable[..., Awaitable[Runtime]]


def service_of(path: str) -> str:
    """By the longest prefix of the gateway's table."""
    prefixes = [prefix for prefix, _ in ROUTES if f"{path}/".startswith(f"{prefix.rstrip('/')}/")]
    return dict(ROUTES)[max(prefixes, key=len)]


def names(place: str, heading: str) -> bool:
    """Whether a word of the place stands in the heading, in whatever form."""
    return any(word[:6].lower() in heading.lower() for word in place.split() if len(word) > 3)


@pytest.mark.parametrize("service", SERVICES)
async def test_the_heading_of_a_page_names_its_place_in_the_menu(runtime_of: RuntimeOf, service: str) -> None:
    async with browser(await runtime_of("registration")) as client:
        sign_in(await runtime_of("registration"), client, "admin")
        menu = (await client.get("/staff/registration/channels")).text
    places = set(re.findall(r'href="(/staff/[^"]+)"[^>]*>([^<]+)</a>', menu[: menu.index("<main")]))
    assert len(places) > 20
    rt = await runtime_of(service)
    async with browser(rt) as client:
        sign_in(rt, client, "admin")
        headings = {}
        for path, name in places:
            if service_of(path) == service:
                page = (await client.get(path)).text
                heading = re.search(r"<h1[^>]*>\s*([^<]*)", page)
                headings[name.strip()] = heading[1].strip() if heading else page[:200]
        assert {name: heading for name, heading in headings.items() if not names(name, heading)} == {}
