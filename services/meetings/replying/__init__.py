"""What an invited person meets: yes or no, needs, calendar file, taking a yes back."""
