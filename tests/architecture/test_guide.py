"""Every staff route says in words what it is for, and every staff page how it is used: ``guide.md`` of its service."""

import re
from importlib import resources
from pathlib import Path

import pytest
from starlette.routing import Route

from deploy.demo.pictures import HANDBOOK_PAGES
from services.registration.handbook.reading import handbook
from shared.cli import load_service
from shared.services import SERVICES
from shared.web.guide import read_guide
from shared.web.role_pages import ROLE_NAMES, rights
from shared.web.staff import ROLES, Staff

#: Parts of other pages, and files: nothing to be helped with.
NO_PAGE = re.compile(
    r"/card$|\.\{(form|format)\}$|\.(pdf|jpg)$|/template$|/data$|/preview$|/live$|\.ics$|/calendar-part$"
)


@pytest.mark.parametrize("service", SERVICES)
def test_every_staff_route_has_words_and_every_staff_page_its_own_help(service: str) -> None:
    """A new route: a section ``## GET /its/path`` in services/<name>/guide.md, a line of words, and numbered steps."""
    app = load_service(service)
    guide = read_guide(service, Path(str(resources.files(app.package))))
    guarded = {(right.method, right.path) for right in rights(app.pages, guide)}
    assert guarded - guide.keys() == set(), "write these into services/<name>/guide.md"
    assert guide.keys() - guarded == set(), "these routes are gone"
    pages = {key for key in guarded if key[0] == "GET" and not NO_PAGE.search(key[1])}
    assert {key for key in pages if not guide[key].steps} == set(), "write numbered steps"
    steps = [str(guide[key].steps) for key in pages]
    assert len(set(steps)) == len(steps), "each page has help of its own"


def test_every_word_quoted_for_staff_stands_on_a_page() -> None:
    """«Legg planen» in help or handbook is what a button, a link, a heading or a menu says today."""
    root = Path(__file__).parents[2]
    guides_and_handbook = [*root.glob("services/*/guide.md"), *root.glob("services/registration/handbook/*.md")]
    quoted = {
        words for page in guides_and_handbook for words in re.findall("«([^»]+)»", page.read_text(encoding="utf-8"))
    }
    sources = [
        path for kind in ("html", "py") for part in ("services", "shared") for path in root.glob(f"{part}/**/*.{kind}")
    ]
    pages = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    assert len(quoted) > 40
    assert {words for words in quoted if words not in pages} == {"Tre av fire vil ha flere benker"}, "an example"


def test_the_table_of_rights_says_what_the_guard_does() -> None:
    assert set(ROLE_NAMES) == set(ROLES)
    for service in SERVICES:
        app = load_service(service)
        for right in rights(app.pages, {}):
            assert right.roles, right.path
    draw = next(right for right in rights(load_service("meetings").pages, {}) if right.path.endswith("/draw"))
    assert draw.roles == ("selector", "editor", "admin")


def test_no_staff_route_is_without_a_guard_but_the_way_in() -> None:
    for service in SERVICES:
        pages = load_service(service).pages
        guarded = {right.path for right in rights(pages, {})}
        staff = {route.path for route in pages if isinstance(route, Route) and route.path.startswith("/staff")}
        assert staff - guarded <= {"/staff/login", "/staff/callback"}


@pytest.mark.parametrize(
    ("held", "may", "may_not"),
    [
        ("reader", "reader", "analyst"),
        ("analyst", "analyst", "selector"),
        ("selector", "selector", "editor"),
        ("editor", "selector", "admin"),
        ("dpo", "dpo", "editor"),
        ("vaktmester", "vaktmester", "reader"),
    ],
)
def test_a_role_may_what_it_includes(held: str, may: str, may_not: str) -> None:
    from shared.ids import new_id

    staff = Staff("siri", "Siri", (held,), new_id())
    assert staff.may(may)
    assert not staff.may(may_not)


def test_the_handbook_has_ten_pages_with_pictures_the_demo_makes() -> None:
    pages = handbook()
    assert [page.number for page in pages] == list(range(1, 11))
    assert {page.picture for page in pages} <= HANDBOOK_PAGES.keys()
    routes = {route.path for service in SERVICES for route in load_service(service).pages if isinstance(route, Route)}
    assert set(HANDBOOK_PAGES.values()) <= routes


#: What people might say, no name on a page.
_EXAMPLES = {"Tre av fire vil ha flere benker"}


def test_what_the_guide_and_the_handbook_call_by_name_stands_on_a_page() -> None:
    """A button or place between «»: whoever reads how it is done must find it."""
    root = Path(__file__).parents[2]
    pages = ("services/**/templates/**/*.html", "shared/web/templates/**/*.html", "services/**/*.py", "shared/web/*.py")
    markup = "".join(file.read_text(encoding="utf-8") for pattern in pages for file in root.glob(pattern))
    patterns = ("shared/web/guide.md", "services/*/guide.md", "services/registration/handbook/*.md")
    guides = [file for pattern in patterns for file in root.glob(pattern)]
    named = {name for guide in guides for name in re.findall("«([^»]+)»", guide.read_text(encoding="utf-8"))}
    assert len(named) > 40
    assert {name for name in named - _EXAMPLES if name not in markup} == set()
