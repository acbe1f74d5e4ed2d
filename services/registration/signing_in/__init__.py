"""Signing in to the own page by a link in a mail, and signing out."""
