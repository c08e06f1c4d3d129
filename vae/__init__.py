"""Variational autoencoders to train, look at and drag through.

The core package: no module outside :mod:`vae.ui` imports Streamlit, so that everything here also
runs on a machine without it (training on a server, say).
"""

__version__ = "0.1.0"
