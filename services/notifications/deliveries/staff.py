"""The staff's side of deliveries: the report, the list, uncertain mails, and the switch that stops everything."""

import structlog

from services.notifications.deliveries import counting
from services.notifications.kinds import KINDS
from services.notifications.messages.domain import STATES
from services.notifications.sending import claiming
from shared.database import count_rows
from shared.web import Request, Response, events_at_fault, problem, render, runtime, see_other
from shared.web.forms import as_id, read_form
from shared.web.lists import list_view
from shared.web.staff import audit, audit_of, staff_required
from shared.web.tables import table_file

log = structlog.get_logger()

#: What the audit calls the switch.
_SWITCH = "sending"

STATE_NAMES = {
    "waiting": "Mangler adresse eller tekst",
    "pending": "I kø",
    "sending": "Sendes nå",
    "sent": "Sendt",
    "failed": "Feilet",
    "suppressed": "Ikke nødvendig",
    "expired": "For sent",
    "no_address": "Uten adresse",
    "unknown": "Usikker",
}
REASONS = {
    "no_card_yet": "Adressen eller teksten har ikke kommet ennå",
    "survey_held": "Undersøkelsen tar ikke imot svar nå",
    "survey_closed": "Undersøkelsen er stengt",
    "answered": "Mottakeren har svart",
    "accepted": "Mottakeren har sagt ja",
    "declined": "Mottakeren har sagt nei",
    "lapsed": "Svarfristen gikk ut",
    "withdrawn": "Mottakeren har meldt forfall",
    "cancelled": "Møtet er avlyst",
    "unsubscribed": "Mottakeren vil ikke ha slik e-post",
    "paused": "Mottakeren har tatt pause",
    "left": "Mottakeren har gått ut av panelet",
    "removed": "Mottakeren er slettet",
    "forgotten": "Adressen er slettet etter fristen",
    "unreachable": "Adressen tar ikke imot e-post",
    "receipts_enough": "Avsenderen har fått nok kvitteringer i dag",
    "may_be_machine": "Brevet kan være et autosvar, så det får ingen kvittering",
    "refused_often": "Adressen har avvist e-post mange ganger på rad",
    "too_late": "Fristen gikk ut før den ble sendt",
    "bounced": "Kom i retur",
    "address_form": "Adressen er skrevet feil",
    "compose": "E-posten kunne ikke skrives",
    "connection": "E-posttjeneren svarte ikke",
    "connection_lost": "Forbindelsen falt ut før kvitteringen kom",
    "interrupted": "Tjenesten stoppet midt i sendingen",
    "staff": "Avgjort av en ansatt",
    "relay_log": "Avgjort etter loggen fra e-posttjeneren",
}
_LETTERS = {
    "letter": "Brev",
    "doubtful": "Brev som kan være autosvar",
    "automatic": "Autosvar og annet fra maskiner",
    "report": "Meldinger om retur",
}
_ORDERS = ("newest", "oldest")
_COLUMNS = ("Id", "Laget", "Hva", "Om", "Status", "Hvorfor", "Forsøk")
_UNKNOWN = "/staff/notifications/messages?state=unknown"
#: The outcome of a decision, told once on the page it leads back to: (colour, text).
_SAID = {
    "none": ("warning", "Du har ikke valgt noen e-poster, så ingenting er endret. Merk av dem det gjelder."),
    "sent": ("success", "De valgte e-postene står nå som sendt."),
    "pending": ("success", "De valgte e-postene ligger i køen og blir sendt på nytt."),
}


def reason_in_words(code: str | None) -> str:
    """The reason for a message's state in words; a server's own code as it is."""
    if code is None:
        return ""
    if code.startswith(("smtp_", "sender_")):
        return f"E-posttjeneren svarte {code.rpartition('_')[2]}"
    return REASONS.get(code, code)


@staff_required("reader")
async def show_deliveries(request: Request) -> Response:
    """Every message by what it is about, kind and state; each row adds up to what was created."""
    async with runtime(request).transaction() as session:
        context = {
            "lines": await counting.report(session),
            "now": await counting.overview(session),
            "done": await audit_of(session, _SWITCH),
            "states": STATES,
            "names": STATE_NAMES,
            "purposes": KINDS,
            "letters": _LETTERS,
            "may_edit": request.state.staff.may("editor"),
        }
    return render(request, "notifications/staff_deliveries.html", context)


@staff_required("reader")
async def show_card(request: Request) -> Response:
    """The card on the staff home, with what needs somebody."""
    async with runtime(request).transaction() as session:
        context = {"now": await counting.overview(session), "events": await events_at_fault(request, session)}
    return render(request, "notifications/staff_card.html", context)


@staff_required("reader")
async def show_messages(request: Request) -> Response:
    """The messages the address asks for; ids and states, never a person."""
    async with runtime(request).transaction() as session:
        titles = await counting.titles(session)
        filters = {"state": STATES, "purpose": tuple(KINDS), "about": [str(id_) for id_ in titles]}
        view = list_view(request, filters, _ORDERS)
        messages = counting.messages(view.filters, view.order)
        total = await count_rows(session, messages)
        rows = (await session.execute(view.part(messages))).all()
        if view.form:
            await audit(session, request, "notifications.messages.exported", None, rows=total)
    if view.form:
        lines = (
            (
                str(row.id),
                row.created_at.isoformat(timespec="seconds"),
                KINDS[row.purpose].name,
                titles.get(row.about, ""),
                STATE_NAMES[row.state],
                reason_in_words(row.reason),
                row.tries,
            )
            for row in rows
        )
        return table_file("utsendinger", _COLUMNS, lines, view.form)
    context = {
        "view": view,
        "titles": titles,
        "total": total,
        "rows": rows,
        "said": _SAID.get(request.query_params.get("said", "")),
        "names": STATE_NAMES,
        "purposes": KINDS,
        "reason": reason_in_words,
        "may_edit": request.state.staff.may("editor"),
    }
    return render(request, "notifications/staff_messages.html", context)


@staff_required("editor")
async def decide_unknown(request: Request) -> Response:
    """Staff settle uncertain mails: they arrived, or they are sent again, which is asked once more."""
    rt = runtime(request)
    form = await read_form(request)
    ids = [id_ for text in form.all("id") if (id_ := as_id(text)) is not None]
    action = form.get("action")
    if not ids or action not in ("sent", "again", "again_for_sure"):
        return see_other(f"{_UNKNOWN}&said=none")
    if action == "again":
        return render(request, "notifications/staff_again.html", {"ids": ids})
    state = "sent" if action == "sent" else "pending"
    async with rt.transaction() as session:
        for message_id in await counting.decide_unknown(session, ids, state, "staff"):
            await audit(session, request, f"notifications.message.settled_as_{state}", message_id)
    return see_other(f"{_UNKNOWN}&said={state}")


@staff_required("editor")
async def ask_to_resume(request: Request) -> Response:
    """How many mails go out when sending is resumed."""
    async with runtime(request).transaction() as session:
        now = await counting.overview(session)
    return render(request, "notifications/staff_resume.html", {"now": now})


@staff_required("editor")
async def switch_sending(request: Request) -> Response:
    """Pause or resume every mail of the installation, confirmation and sign-in too."""
    form = await read_form(request)
    action = form.get("action")
    if action not in ("pause", "resume"):
        return problem(request, 400)
    paused = action == "pause"
    async with runtime(request).transaction() as session:
        if await claiming.is_paused(session) != paused:
            await claiming.set_paused(session, paused, "staff")
            await audit(session, request, f"notifications.sending.{action}d", _SWITCH)
            log.info(f"notifications.sending.{action}d")
    return see_other("/staff/notifications" + ("" if paused else "?saved=resumed"))
