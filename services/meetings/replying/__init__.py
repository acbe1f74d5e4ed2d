"""The invited person's pages: yes or no, needs, the calendar file, taking a yes back."""
