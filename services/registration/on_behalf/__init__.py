"""On behalf: staff do for somebody what they asked for by phone or on paper; the person is told by mail."""
