"""What became of all mail, for staff: counts, lists, decisions about what is uncertain, and the switch."""
