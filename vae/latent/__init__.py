"""Latent space: places, extent of the codes, and what the browser computes."""
