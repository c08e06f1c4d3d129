"""Embeddings: latent codes laid out in two dimensions, and what is known of the result.

The process that computes t-SNE and UMAP imports ``settings``, ``methods`` and ``worker`` alone:
these know no torch, which would take longer to import than many an embedding takes to compute.
"""
