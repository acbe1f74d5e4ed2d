"""A mail before it is sent: events that ask for one, and what makes it wait, due or needless."""
