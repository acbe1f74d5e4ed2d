"""Reminders: at most two, to those who have not answered, at hours when people read mail."""
