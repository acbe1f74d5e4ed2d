"""The handbook of a communicator's first year, for staff; its pictures are made by ``make pictures``."""
