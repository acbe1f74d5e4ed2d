"""The draw: quotas, chances, who is drawn, who replaces whom, and what the public may check; docs/decisions/0005."""
