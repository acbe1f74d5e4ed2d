"""The Caddyfile is the table: Caddy itself is asked, with one echoing server per service behind it."""

import http.server
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.caddy import Caddy, caddyfile
from deploy.local.process import free_ports
from services.registration.importing.staff import LARGEST_FILE
from shared.services import ROUTES, SERVICES


class _Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = str(self.server.service).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running gateway."""
    state = tmp_path_factory.mktemp("gateway")
    (state / "logs").mkdir()
    static = state / "static" / "0123abcd"
    static.mkdir(parents=True)
    (static / "panel.css").write_text("body{}")
    servers = {service: http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo) for service in SERVICES}
    for service, server in servers.items():
        server.service = service  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
    caddy = Caddy(state, free_ports(1)[0])
    caddy.prepare(ROUTES, {s: [f"127.0.0.1:{server.server_port}"] for s, server in servers.items()}, static.parent)
    caddy.process.spawn()
    caddy.wait_ready()
    yield f"http://127.0.0.1:{caddy.port}"
    caddy.process.stop()
    for server in servers.values():
        server.shutdown()
        server.server_close()


def fetch(address: str) -> str:
    with urllib.request.urlopen(address, timeout=5) as response:
        return str(response.read().decode())


def test_a_replica_is_asked_for_its_health_once_however_many_prefixes_lead_to_it() -> None:
    text = caddyfile(ROUTES, {service: [f"{service}:1", f"{service}:2"] for service in SERVICES}, 8080, "/static")
    assert text.count("health_uri") == len(SERVICES) < len(ROUTES)


@pytest.mark.parametrize(("prefix", "service"), ROUTES)
def test_a_prefix_and_what_lies_below_reach_the_service_of_the_table(gateway: str, prefix: str, service: str) -> None:
    assert fetch(f"{gateway}{prefix}") == service
    assert fetch(f"{gateway}{prefix.rstrip('/')}/x-y?z=1") == service


@pytest.mark.parametrize(("prefix", "_service"), ROUTES)
def test_a_longer_word_is_another_path(gateway: str, prefix: str, _service: str) -> None:
    if prefix != "/":
        assert fetch(f"{gateway}{prefix}x") == "registration"


def test_the_largest_list_of_members_reaches_the_service_that_says_what_is_too_large(gateway: str) -> None:
    largest = bytes(LARGEST_FILE + 1_000_000)
    with urllib.request.urlopen(f"{gateway}/staff/registration/import", data=largest, timeout=60) as response:
        assert response.read() == b"registration"


def test_static_files_come_from_the_gateway_and_may_be_kept_for_a_year(gateway: str) -> None:
    with urllib.request.urlopen(f"{gateway}/static/0123abcd/panel.css", timeout=5) as response:
        assert response.read() == b"body{}"
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_missing_static_file_is_asked_for_again(gateway: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        fetch(f"{gateway}/static/0123abcd/later.css")
    assert refusal.value.code == 404
    assert "immutable" not in refusal.value.headers.get("Cache-Control", "")
    refusal.value.close()


def test_a_service_that_is_away_is_a_page_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    port, nobody = free_ports(2)
    caddy = Caddy(tmp_path, port)
    caddy.prepare(ROUTES, {service: [f"127.0.0.1:{nobody}"] for service in SERVICES}, tmp_path)
    caddy.process.spawn()
    try:
        caddy.wait_ready()
        with pytest.raises(urllib.error.HTTPError) as away:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/join", timeout=20)
        assert away.value.code == 502
        assert "Prøv igjen om et minutt" in away.value.read().decode()
        assert away.value.headers["Cache-Control"] == "no-store"
        away.value.close()
    finally:
        caddy.process.stop()


@pytest.mark.parametrize("path", ["/-/ready", "/-/metrics", "/static/none/x"])
def test_probes_and_unknown_files_are_not_served(gateway: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        fetch(f"{gateway}{path}")
    assert refusal.value.code == 404
    refusal.value.close()


@pytest.mark.parametrize("step", ["..", "%2e%2e", "%2e%2e%2f", "..%5c"])
def test_no_path_leads_out_of_the_static_folder(gateway: str, step: str) -> None:
    try:
        answer = fetch(f"{gateway}/static/{step}/{step}/caddy/Caddyfile")
    except urllib.error.HTTPError as refused:
        refused.close()
        answer = ""
    assert "reverse_proxy" not in answer


def test_every_service_of_the_table_exists() -> None:
    assert {service for _, service in ROUTES} == set(SERVICES)
