"""Who did what in a service, for staff who must account for it. The same page in every service."""

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.database import count_rows
from shared.mechanism import mechanism
from shared.web.lists import list_view
from shared.web.pages import render, runtime
from shared.web.staff import audit, staff_required
from shared.web.tables import table_file

_COLUMNS = ("tid", "hvem", "handling", "gjelder", "detaljer")


def audit_pages(service: str) -> list[Route]:
    """The route ``/staff/<service>/audit``."""

    @staff_required("reader")
    async def show_trail(request: Request) -> Response:
        """Newest first, by person or deed; as a page or a file (which is itself a row)."""
        table = mechanism(service).audit_entry
        async with runtime(request).transaction() as session:
            people = (await session.scalars(sa.select(table.c.actor_name).distinct().order_by("actor_name"))).all()
            actions = (await session.scalars(sa.select(table.c.action).distinct().order_by("action"))).all()
            view = list_view(request, {"actor": people, "action": actions}, ("newest", "oldest"))
            columns = {"actor": table.c.actor_name, "action": table.c.action}
            conditions = [columns[name] == value for name, value in view.filters.items()]
            rows = sa.select(table).where(*conditions)
            total = await count_rows(session, rows)
            at = table.c.at.asc() if view.order == "oldest" else table.c.at.desc()
            entries = (await session.execute(view.part(rows.order_by(at, table.c.id)))).all()
            if view.form:
                await audit(session, request, f"{service}.audit.exported", None, count=total)
        if view.form:
            lines = ([row.at.isoformat(), row.actor_name, row.action, row.subject, str(row.detail)] for row in entries)
            return table_file(f"logg-{service}", _COLUMNS, lines, view.form)
        context = {"rows": entries, "total": total, "view": view, "people": people, "actions": actions}
        return render(request, "shell/staff_audit.html", context | {"service": service})

    return [Route(f"/staff/{service}/audit", show_trail)]
