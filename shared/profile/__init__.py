"""What belongs to one municipality: names, addresses, colours, texts and the panel's rules. See ``docs/profile.md``."""

from shared.profile.folder import SHIPPED, BadProfile, load_profile
from shared.profile.model import TEXT_PAGES, Profile
