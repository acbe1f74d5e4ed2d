"""Correcting: a typo in a survey that is open. Texts alone change, and both wordings stay with the result."""
