"""Training: from settings to a loop, its reports, and the files of a run."""
