"""The page Models: all runs in a table, and each of them on a page of its own."""
