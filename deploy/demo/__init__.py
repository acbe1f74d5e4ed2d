"""The demo: simulated residents and staff play a panel from 95 members to the first published result.

It imports no service. Everything goes by HTTP, SMTP and the mail catcher; SQL only for the final comparison.
"""
