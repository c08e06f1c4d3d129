"""The study of an encoder that grows while it is trained."""
