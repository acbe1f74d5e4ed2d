"""The mail catcher: takes every mail by SMTP, keeps it in an append-only log, shows it on a page and as JSON.

``GET /api/mails?to=ADDRESS&after=ID`` gives ``[{id, accepted_at, sender, to, subject, text, html, headers,
message_id}]``, oldest first. A mail is in the log before its 250 answer, so a kill -9 loses none that was accepted.
"""

import argparse
import asyncio
import email
import email.policy
import html
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

_NEWEST = 200
_CSS = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem;border-bottom:1px solid #ccc}"
    "pre{white-space:pre-wrap;background:#f4f4f4;padding:1rem}iframe{width:100%;height:40rem;border:1px solid #ccc}"
)


class Catcher:
    """All mails so far; the handler that aiosmtpd calls."""

    def __init__(self, log: Path) -> None:
        self.mails: list[dict[str, Any]] = []
        if log.exists():
            # The last line may be cut by a crash; its sender never got a 250 for it.
            whole = log.read_bytes().rpartition(b"\n")[0]
            self.mails = [json.loads(line) for line in whole.splitlines()]
            log.write_bytes(whole + b"\n" if whole else b"")
        log.touch(0o600)
        self._log = log.open("a", encoding="utf-8")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        mail = describe(content, envelope.mail_from or "", list(envelope.rcpt_tos), len(self.mails) + 1)
        self._log.write(json.dumps(mail, ensure_ascii=False) + "\n")
        self._log.flush()
        self.mails.append(mail)
        return f"250 2.0.0 kept as {mail['id']}"


def describe(content: bytes, sender: str, recipients: list[str], number: int) -> dict[str, object]:
    """One mail as the JSON list shows it."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    headers: dict[str, list[str]] = {}
    for name, value in message.items():
        headers.setdefault(name, []).append(str(value))
    return {
        "id": number,
        "accepted_at": datetime.now(UTC).isoformat(),
        "sender": sender,
        "to": recipients,
        "subject": str(message.get("Subject", "")),
        "text": _body(message, "plain"),
        "html": _body(message, "html"),
        "headers": headers,
        "message_id": str(message.get("Message-ID", "")),
    }


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


def make_app(catcher: Catcher, smtp_port: int, tls: ssl.SSLContext | None = None) -> Starlette:
    """The page and the list; its lifespan opens the SMTP port, which with ``tls`` takes no mail in the clear."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(
                catcher,
                enable_SMTPUTF8=True,
                ident="innbyggerpanel mail catcher",
                tls_context=tls,
                require_starttls=tls is not None,
            ),
            "127.0.0.1",
            smtp_port,
        )
        async with server:
            yield

    async def list_mails(request: Request) -> Response:
        to, after = request.query_params.get("to", "").casefold(), int(request.query_params.get("after", "0"))
        return JSONResponse(
            [m for m in catcher.mails[after:] if not to or to in (address.casefold() for address in m["to"])]
        )

    async def show_mails(request: Request) -> Response:
        to = request.query_params.get("to", "")
        mails = [m for m in reversed(catcher.mails) if not to or to.casefold() in (a.casefold() for a in m["to"])]
        rows = "".join(
            f"<tr><td>{str(m['accepted_at'])[11:19]}</td><td>{html.escape(', '.join(m['to']))}</td>"
            f'<td><a href="/mails/{m["id"]}">{html.escape(m["subject"]) or "(uten emne)"}</a></td></tr>'
            for m in mails[:_NEWEST]
        )
        return _page(
            "E-post som er fanget",
            f"<p>{len(mails)} e-poster, de nyeste {_NEWEST} vises. Ingenting er sendt ut av denne maskinen.</p>"
            f'<form><label>Mottaker <input name="to" value="{html.escape(to)}"></label> <button>Vis</button></form>'
            f"<table><tr><th>Tid (UTC)</th><th>Til</th><th>Emne</th></tr>{rows}</table>",
        )

    async def show_mail(request: Request) -> Response:
        mail = _find(catcher, request)
        if mail is None:
            return _page("Finnes ikke", '<p><a href="/">Alle e-poster</a></p>', 404)
        head = "\n".join(f"{name}: {value}" for name, values in mail["headers"].items() for value in values)
        framed = f'<iframe title="HTML" sandbox="allow-popups" src="/mails/{mail["id"]}/html"></iframe>'
        return _page(
            mail["subject"],
            f'<p><a href="/">Alle e-poster</a></p><pre>{html.escape(head)}</pre><h2>Tekst</h2>'
            f"<pre>{_with_links(mail['text'])}</pre><h2>HTML</h2>{framed if mail['html'] else '<p>Ingen.</p>'}",
        )

    async def show_html(request: Request) -> Response:
        mail = _find(catcher, request)
        policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups"}
        return HTMLResponse(mail["html"] if mail else "", headers=policy)

    routes = [
        Route("/", show_mails),
        Route("/mails/{number:int}", show_mail),
        Route("/mails/{number:int}/html", show_html),
        Route("/api/mails", list_mails),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def _find(catcher: Catcher, request: Request) -> dict[str, Any] | None:
    number = int(request.path_params["number"])
    return catcher.mails[number - 1] if 1 <= number <= len(catcher.mails) else None


def _with_links(text: str) -> str:
    lines = []
    for line in text.splitlines():
        words = [
            f'<a href="{html.escape(word)}">{html.escape(word)}</a>'
            if word.startswith(("http://", "https://"))
            else html.escape(word)
            for word in line.split(" ")
        ]
        lines.append(" ".join(words))
    return "\n".join(lines)


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="nb"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{_CSS}</style><main><h1>{html.escape(title)}</h1>{body}</main></html>",
        status,
    )


def main() -> None:
    """``python -m deploy.local.mail --smtp PORT --http PORT --log FILE``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--smtp", type=int, required=True)
    parser.add_argument("--http", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--certificates", type=Path, help="folder with tls.pem: STARTTLS is asked for")
    options = parser.parse_args()
    tls = None
    if options.certificates:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.certificates / "tls.pem")
    app = make_app(Catcher(options.log), options.smtp, tls)
    uvicorn.run(app, host="127.0.0.1", port=options.http, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
