"""Mails staff send to themselves, to see what residents will get."""
