"""``python -m services.notifications``: commands for deliveries from a terminal."""

import json
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from services.notifications.deliveries.counting import decide_unknown
from services.notifications.deliveries.relay_log import read_relay_log
from services.notifications.tables import Message
from shared.cli import with_service
from shared.service import Runtime

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


@app.callback()
def _commands() -> None:
    """Commands of notifications."""


@app.command("settle-unknown")
def settle_unknown(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="the relay's log; formats: relay_log.py")],
    resend_missing: Annotated[
        bool, typer.Option(help="send again what the log does not name; only for a log that covers the whole time")
    ] = False,
) -> None:
    """Settle uncertain mails by what the relay's log says; prints how many, by what became of them."""
    settled = with_service("notifications", lambda rt: settle(rt, file, resend_missing=resend_missing))
    typer.echo(json.dumps(settled))


async def settle(rt: Runtime, file: Path, *, resend_missing: bool) -> dict[str, int]:
    """Number of uncertain mails that are now ``sent``, ``failed``, ``sent_again`` and still ``unknown``."""
    domain = rt.settings.mail_from.rpartition("@")[2]
    with file.open(encoding="utf-8", errors="replace") as lines:
        outcomes = read_relay_log(lines, domain)
    async with rt.transaction() as session:
        unknown = set(await session.scalars(sa.select(Message.id).where(Message.state == "unknown")))
        groups = {state: [id_ for id_ in unknown if outcomes.get(id_) == state] for state in ("sent", "failed")}
        missing = [id_ for id_ in unknown if id_ not in outcomes]
        settled = {state: len(await decide_unknown(session, ids, state, "relay_log")) for state, ids in groups.items()}
        again = await decide_unknown(session, missing, "pending", "relay_log") if resend_missing else []
    return {**settled, "sent_again": len(again), "unknown": len(missing) - len(again)}


if __name__ == "__main__":
    app()
