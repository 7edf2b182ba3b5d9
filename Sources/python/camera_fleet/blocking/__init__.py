"""The plain client: calls that wait, for scripts and threads."""
