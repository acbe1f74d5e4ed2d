"""Whose posts are counted together."""

import pytest
from starlette.requests import Request

from shared.settings import Settings
from shared.web.limits import client_address, network_of


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("unknown", "unknown"),
    ],
)
def test_a_visitor_is_one_whatever_address_of_the_own_network_is_used(address: str, counted_as: str) -> None:
    assert network_of(address) == counted_as


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        # The gateway adds whom it saw last; what stands before that is the visitor's own claim.
        ("127.0.0.1", "203.0.113.9, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("198.51.100.4", "192.0.2.7", "198.51.100.4"),
        # A socket of this machine has no address, and anybody's word is not believed there.
        ("unix", "192.0.2.7", "unix"),
    ],
)
def test_an_address_is_believed_from_the_gateway_alone(peer: str, forwarded: str, address: str) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    request = Request({"type": "http", "headers": headers, "client": (peer, 40000)})
    assert client_address(request, Settings(trusted_gateways=("127.0.0.1",))) == address
