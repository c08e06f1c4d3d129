"""What pages and commands show of runs: a module a feature."""
