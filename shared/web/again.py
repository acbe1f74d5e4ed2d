"""A form with faults is shown again at its own address, with what was typed; so Back asks nothing."""

import json

from starlette.requests import Request
from starlette.responses import Response

from shared.web.forms import Form, as_id
from shared.web.pages import runtime, see_other
from shared.web.resting import rest, rested

_SECONDS = 600
#: Bytes of what was typed, as it is sealed: a browser keeps some 4,000 of a cookie, a third of which is the sealing's.
_ROOM = 2_600


async def show_again(request: Request, name: str, page: str, form: Form) -> Response:
    """On to ``page``, which finds the form with ``typed_before``.

    What was typed is in a cookie; a form too long for one rests sealed, and the cookie names it.
    """
    rt = runtime(request)
    content: dict[str, object] = {"pairs": form.pairs(), "refused": sorted(form.refused)}
    if len(json.dumps(content)) > _ROOM:
        content = {"kept": str(await rest(rt, f"again-{name}", content, _SECONDS))}
    response = see_other(page)
    rt.sealed.set(response, "again", name, content, _SECONDS)
    return response


async def typed_before(request: Request, name: str) -> Form | None:
    """What was typed into the form a while ago and had faults; None where the address does not ask for it."""
    if "again" not in request.query_params:
        return None
    rt = runtime(request)
    content = rt.sealed.get(request, "again", name)
    if content is not None and "kept" in content:
        content = await rested(rt, f"again-{name}", as_id(content["kept"]))
    if content is None:
        return None
    form = Form([(field, value) for field, value in content["pairs"]])
    form.refused = set(content["refused"])
    return form
