"""Seats: who is drawn, who says yes or no, who comes instead; never more live invitations than seats."""
