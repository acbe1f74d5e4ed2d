"""Fixtures of mails: a real SMTP server in a thread, and the service that sends to it."""

from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from deploy.local.process import free_ports
from shared.service import Runtime
from tests.notifications.ground import RuntimeOf, Sink


@pytest.fixture
def sink() -> Iterator[Sink]:
    """The server."""
    sink = Sink()
    (sink.port,) = free_ports(1)
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    yield sink
    controller.stop()


@pytest.fixture
async def rt(runtime_of: RuntimeOf, sink: Sink) -> Runtime:
    """notifications, on its emptied schema."""
    return await runtime_of("notifications", smtp_url=SecretStr(f"smtp://127.0.0.1:{sink.port}"))
