"""Seats: drawing, replies and replacements, with never more live invitations than seats."""
