"""The outcome of all mail, for staff: counts, lists, decisions about uncertain mails, and the switch."""
