"""The Grow page."""
