"""A form that has faults is shown again at an address of its own: Back asks nothing, and what was typed is kept."""

from shared.web import Form, Request, Response, runtime, see_other

_SECONDS = 600
#: A cookie has room for some 4,000 characters; what is longer is a fault that can be read from its beginning.
_LONGEST = 300
_MOST_FIELDS = 20


def show_again(request: Request, name: str, page: str, form: Form) -> Response:
    """On to ``page``, which finds the form with ``typed_before``."""
    pairs = [[field, value[:_LONGEST]] for field, value in form.pairs()[:_MOST_FIELDS]]
    response = see_other(page)
    held = {"pairs": pairs, "refused": sorted(form.refused)}
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
