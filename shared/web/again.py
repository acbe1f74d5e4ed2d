"""A form with faults is shown again at its own address, with what was typed; so Back asks nothing."""

import json

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from shared.ids import random_id
from shared.mechanism import mechanism
from shared.web.forms import Form, as_id
from shared.web.pages import runtime, see_other

_SECONDS = 600
#: Bytes of what was typed, as it is sealed: a browser keeps some 4,000 of a cookie, a third of which is the sealing's.
_ROOM = 2_600


async def show_again(request: Request, name: str, page: str, form: Form) -> Response:
    """On to ``page``, which finds the form with ``typed_before``.

    What was typed is in a cookie; a form too long for one rests sealed, and the cookie names it.
    """
    rt = runtime(request)
    held: dict[str, object] = {"pairs": form.pairs(), "refused": sorted(form.refused)}
    if len(json.dumps(held)) > _ROOM:
        id_ = random_id()
        sealed = rt.sealed.seal(f"again-{name}", held, _SECONDS)
        async with rt.transaction() as session:
            await session.execute(sa.insert(mechanism(rt.name).shown_page).values(id=id_, sealed=sealed))
        held = {"kept": str(id_)}
    response = see_other(page)
    rt.sealed.set(response, "again", name, held, _SECONDS)
    return response


async def typed_before(request: Request, name: str) -> Form | None:
    """What was typed into the form a while ago and had faults; None where the address does not ask for it."""
    if "again" not in request.query_params:
        return None
    rt = runtime(request)
    held = rt.sealed.get(request, "again", name)
    if held is not None and "kept" in held:
        table = mechanism(rt.name).shown_page
        async with rt.transaction() as session:
            sealed = await session.scalar(sa.select(table.c.sealed).where(table.c.id == as_id(held["kept"])))
        held = rt.sealed.unseal(f"again-{name}", sealed) if sealed else None
    if held is None:
        return None
    form = Form([(field, value) for field, value in held["pairs"]])
    form.refused = set(held["refused"])
    return form
