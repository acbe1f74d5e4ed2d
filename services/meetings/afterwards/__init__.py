"""After the meeting: attendance, minutes, and what it led to."""
