"""What the Compare page shows of several runs: settings, loss curves, figures, pictures, holes.

Where two numbers are of different things, it is said here and nothing is ranked.
"""
