"""What an operator meets: rollouts, restores, exchanged keys, growth, wrong settings, on real parts of this machine."""
