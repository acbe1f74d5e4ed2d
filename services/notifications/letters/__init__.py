"""The text of a mail: the letter in the reader's language, and staff's preview of it."""
