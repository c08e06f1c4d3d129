"""From a study's settings to its result folder: runs, records, figures, page."""
