"""The gateway's Caddyfile, made from the one table ``path prefix -> service``."""

import os
import shutil
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.process import Process, listens, wait_until

#: Largest request body the gateway lets through; services have their own, smaller limits per form.
MAX_BODY = "12MB"

_HEAD = """\
{{
	admin off
	auto_https off
	persist_config off
	{bind}
	servers {{
		timeouts {{
			read_header 10s
			read_body 60s
			idle 120s
		}}
	}}
}}

http://:{port} {{
	request_body {{
		max_size {max_body}
	}}
	encode zstd gzip
	# A service that is away for longer than a restart: a page that says so, instead of an empty one.
	handle_errors 502 503 504 {{
		header Content-Type "text/html; charset=utf-8"
		header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'"
		header X-Content-Type-Options nosniff
		header Cache-Control no-store
		respond <<HTML
			{away}
			HTML
	}}
	# In a route block the order written is the order tried: longest prefix first.
	route {{
		handle_path /static/* {{
			root * {static}
			header X-Content-Type-Options nosniff
			# A missing file may be there in a moment: only what exists may be kept.
			@there file
			header @there Cache-Control "public, max-age=31536000, immutable"
			file_server
		}}
		handle /-/* {{
			respond 404
		}}
"""

_AWAY = (
    '<!doctype html><html lang="nb"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Prøv igjen om et minutt</title><h1>Prøv igjen om et minutt</h1>"
    "<p>Siden svarer ikke akkurat nå. Det du hadde lagret før, er trygt.</p>"
    '<p lang="nn">Sida svarer ikkje akkurat no. Det du hadde lagra før, er trygt. Prøv igjen om eit minutt.</p>'
    '<p lang="en">This page does not answer right now. What you had saved is safe. Try again in a minute.</p></html>'
)

_BLOCK = """\
		handle {matcher}{{
			reverse_proxy {upstream} {{
				lb_try_duration 3s
				lb_try_interval 100ms
			}}
		}}
"""


def caddyfile(
    routes: Sequence[tuple[str, str]], upstreams: Mapping[str, str], port: int, static: str, *, bind: str = "127.0.0.1"
) -> str:
    """Caddyfile text; ``static`` is the folder that holds one folder per content hash.

    A prefix matches itself and what lies below it, never ``/surveysomething``. Health addresses stay inside.
    """
    blocks = []
    for number, (prefix, service) in enumerate(sorted(routes, key=lambda row: -len(row[0]))):
        # The shortest prefix, "/", comes last and takes what is left.
        matcher = "" if prefix == "/" else f"@prefix{number} "
        if matcher:
            blocks.append(f"\t\t{matcher}path {prefix} {prefix}/*\n")
        blocks.append(_BLOCK.format(matcher=matcher, upstream=upstreams[service]))
    binding = f"default_bind {bind}" if bind else ""
    head = _HEAD.format(port=port, max_body=MAX_BODY, static=static, bind=binding, away=_AWAY)
    return head + "".join(blocks) + "\t}\n}\n"


class Caddy:
    """The gateway of the local stack."""

    def __init__(self, state: Path, port: int) -> None:
        self._home = state / "caddy"
        self.port = port
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self._home),
            "XDG_DATA_HOME": str(self._home),
            "XDG_CONFIG_HOME": str(self._home),
        }
        command = [_program(), "run", "--config", str(self._home / "Caddyfile"), "--adapter", "caddyfile"]
        self.process = Process("gateway", command, state / "logs" / "gateway.log", environment, stop_seconds=5)

    def prepare(self, routes: Sequence[tuple[str, str]], upstreams: Mapping[str, str], static: Path) -> None:
        """Write the Caddyfile."""
        self._home.mkdir(parents=True, exist_ok=True)
        (self._home / "Caddyfile").write_text(caddyfile(routes, upstreams, self.port, str(static)), encoding="utf-8")

    def wait_ready(self) -> None:
        """Until the port is open."""
        wait_until(lambda: listens(self.port), [self.process], "The gateway", 15)


def _program() -> str:
    """Caddy from the wheel, else from the machine."""
    installed = Path(sysconfig.get_path("scripts")) / "caddy"
    found = str(installed) if installed.exists() else shutil.which("caddy")
    if found is None:
        raise StackError("Caddy is missing: run `make install`.")
    return found
