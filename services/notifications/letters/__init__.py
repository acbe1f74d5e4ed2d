"""What a mail says: the letter in the reader's language, and what staff see of it before it is sent."""
