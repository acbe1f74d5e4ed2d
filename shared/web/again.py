"""A form that has faults is shown again at an address of its own: Back asks nothing, and what was typed is kept."""

import json

from starlette.requests import Request
from starlette.responses import Response

from shared.web.forms import Form
from shared.web.pages import runtime, see_other

_SECONDS = 600
#: Bytes of what was typed, as it is sealed: a browser keeps some 4,000 of a cookie, a third of which is the sealing's.
_ROOM = 2_600


def show_again(request: Request, name: str, page: str, form: Form) -> Response | None:
    """On to ``page``, which finds the form with ``typed_before``; None for a form too long to be kept that way."""
    held = {"pairs": form.pairs(), "refused": sorted(form.refused)}
    if len(json.dumps(held)) > _ROOM:
        return None
    response = see_other(page)
    runtime(request).sealed.set(response, "again", name, held, _SECONDS)
    return response


def typed_before(request: Request, name: str) -> Form | None:
    """What was typed into the form a while ago and had faults; None where the address does not ask for it."""
    if "again" not in request.query_params:
        return None
    held = runtime(request).sealed.get(request, "again", name)
    if held is None:
        return None
    form = Form([(field, value) for field, value in held["pairs"]])
    form.refused = set(held["refused"])
    return form
