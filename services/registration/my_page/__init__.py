"""A member's own page: details, consents, what one was asked, pause, leave."""
