"""``python -m vae``: a module a group of commands."""
