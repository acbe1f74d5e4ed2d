"""Whom mail goes to: members with their cards and wishes, and those who raised a matter."""
