"""Where members heard of the panel: channels with a link and a printed code each."""
