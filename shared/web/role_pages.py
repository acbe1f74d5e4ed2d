"""Who may do what in a service, made from the routes as they are guarded; the same page in every service."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from shared.web.guide import Guide
from shared.web.pages import render
from shared.web.staff import includes, roles_of, staff_required

#: Role -> what it is called, in the order of the table.
ROLE_NAMES = {
    "reader": "Leser",
    "analyst": "Analytiker",
    "selector": "Trekker",
    "editor": "Redaktør",
    "dpo": "Personvernombud",
    "admin": "Administrator",
}


@dataclass(frozen=True)
class Right:
    """What one route lets whom do."""

    method: str
    path: str
    words: str
    roles: tuple[str, ...]
    """Of ``ROLE_NAMES``: those that reach it."""


def rights(routes: Sequence[BaseRoute], guide: Guide) -> Iterator[Right]:
    """Every guarded route with its words; the guard itself says who reaches it."""
    for route in routes:
        needed = roles_of(route.endpoint) if isinstance(route, Route) else None
        if needed is None or not isinstance(route, Route):
            continue
        for method in sorted((route.methods or set()) - {"HEAD"}):
            entry = guide.get((method, route.path))
            reached = tuple(role for role in ROLE_NAMES if any(includes(role, role_needed) for role_needed in needed))
            yield Right(method, route.path, entry.words if entry else route.path, reached)


def role_pages(service: str) -> list[Route]:
    """The route ``/staff/<service>/roles``: a page, or a part of the page that shows all services."""

    @staff_required("reader")
    async def show_roles(request: Request) -> Response:
        """A table of deeds by role."""
        rights_ = rights(request.app.routes, request.app.state.guide)
        rows = [right for right in rights_ if not right.path.endswith(("/card", "/roles"))]
        alone = request.headers.get("sec-fetch-dest", "document") == "document"
        context = {"rows": rows, "names": ROLE_NAMES, "service": service}
        return render(request, f"shell/staff_roles{'' if alone else '_part'}.html", context)

    return [Route(f"/staff/{service}/roles", show_roles)]
