"""Serving one process's pages, and leaving without a request lost."""

import signal
import sys
import time
from contextlib import suppress
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from shared.service import Health
from shared.settings import Settings

#: Seconds that requests under way get after the last new one.
_FINISH = 10
#: Longer than gateways keep an idle connection, so that the gateway, which sends the next request, closes first.
_KEEP_ALIVE = 75


class Serving(uvicorn.Server):
    """A server that says when it has been told to end: it is not ready, and closes each connection after its answer.

    For ``drain_seconds`` it still answers, so that a gateway can notice before the port closes. A second signal ends
    the wait.
    """

    def __init__(self, config: uvicorn.Config, health: Health, drain_seconds: float) -> None:
        super().__init__(config)
        self._health = health
        self._drain_seconds = drain_seconds
        self._told_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to leave; called by the signal."""
        if sig != signal.SIGTERM or self._told_at is not None or not self.started:
            super().handle_exit(sig, frame)
            return
        self._told_at = time.monotonic()
        self._health.leaving = True
        self.config.encoded_headers.append((b"connection", b"close"))
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]

    async def on_tick(self, counter: int) -> bool:
        """Every tenth of a second: whether to end now."""
        if self._told_at is not None and time.monotonic() - self._told_at >= self._drain_seconds:
            self.should_exit = True
        return await super().on_tick(counter)


def serve_app(app: Starlette, settings: Settings) -> None:
    """Serve until told to end; the application's lifespan ends after the last answer."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_FINISH,
    )
    server = Serving(config, app.state.runtime.health, settings.drain_seconds)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        # The port is taken, or the start failed: its log line says so.
        sys.exit(3)
