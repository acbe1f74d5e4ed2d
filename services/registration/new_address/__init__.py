"""A member's new address: it counts when its own link has been opened."""
