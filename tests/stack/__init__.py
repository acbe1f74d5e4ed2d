"""The local stack: rights, the launcher's errors, the gateway's table, the mail catcher."""
