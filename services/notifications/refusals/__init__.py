"""What another server's refusal says about an address."""
