"""Whose posts are counted together."""

import pytest

from shared.web.limits import network_of


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
