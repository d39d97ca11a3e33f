"""Where cases lie closer together than chance puts them: scan statistics in space and time."""
