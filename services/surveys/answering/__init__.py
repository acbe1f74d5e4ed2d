"""Answering: one link, one theme a page, kept half-finished, sent in once."""
