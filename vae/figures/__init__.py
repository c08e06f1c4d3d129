"""Plotly figures from numpy arrays, a module a feature; no torch here."""
