"""After the meeting: attendance, minutes, and word of what came of it."""
