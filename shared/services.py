"""The services of an installation: their names, which links each opens, and which path is whose.

A leaf that imports nothing: commands, the launcher, gateways and tests read it. A new service stands here, in
``deploy/kafka/topics.yaml`` and in the README; ``make check`` names what is missing.
"""

from collections.abc import Mapping
from types import MappingProxyType

SERVICES = ("registration", "surveys", "notifications", "meetings", "results")

#: Makes every link, from the master keys.
LINK_MAKER = "notifications"
#: Purposes of links, by the service that opens them.
LINK_PURPOSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "registration": ("confirm", "sign_in"),
        "surveys": ("survey",),
        "meetings": ("meeting",),
        "notifications": ("unsubscribe",),
    }
)

#: (path prefix, service); the longest prefix wins. ``/staff`` itself and everything not named is registration's.
ROUTES: tuple[tuple[str, str], ...] = (
    ("/surveys", "surveys"),
    ("/meetings", "meetings"),
    ("/results", "results"),
    ("/work", "results"),
    ("/suggest", "results"),
    ("/mail", "notifications"),
    ("/staff/surveys", "surveys"),
    ("/staff/meetings", "meetings"),
    ("/staff/results", "results"),
    ("/staff/notifications", "notifications"),
    ("/staff", "registration"),
    ("/", "registration"),
)
