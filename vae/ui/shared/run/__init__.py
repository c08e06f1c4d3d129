"""A run as several pages show it: state, progress, pictures by epoch, and what can be done."""
