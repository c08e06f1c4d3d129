"""Home: the live map, the doors, the models."""
