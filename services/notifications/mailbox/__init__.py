"""Mail to the panel: letters become suggestions, delivery reports settle our own mail, machines get no answer.

``reading.py`` reads a mail, ``taking.py`` stores what it means, ``lmtp.py`` and ``imap.py`` are the two ways in.
"""
