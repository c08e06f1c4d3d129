"""Keeping messages and catalogues together: ``python -m vae.locale``."""
