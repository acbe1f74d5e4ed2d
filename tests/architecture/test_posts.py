"""A form that was taken is answered on another page: Back and reload send nothing again."""

import inspect

import pytest
from starlette.routing import Route

from shared.cli import load_service
from shared.services import SERVICES

#: A mail program's own post is no form and may not be sent on (RFC 8058); the others ask first, on the form's own page.
IN_PLACE = {
    "/mail/unsubscribe/{purpose}/{token}",
    "/staff/registration/members/{id:uuid}/erase",
    "/staff/notifications/unknown",
}


@pytest.mark.parametrize("service", SERVICES)
def test_what_was_taken_is_said_on_a_page_with_an_address(service: str) -> None:
    """Staff's pages that answer a form get one by themselves (own_address.py), where GET shows a page too."""
    routes = [route for route in load_service(service).pages if isinstance(route, Route)]
    shown = {route.path for route in routes if "GET" in (route.methods or ())}
    in_place = {
        route.path
        for route in routes
        if "POST" in (route.methods or ())
        and "return render(" in inspect.getsource(inspect.unwrap(route.endpoint))
        and not (route.path.startswith("/staff/") and route.path in shown)
    }
    assert in_place - IN_PLACE == set()
