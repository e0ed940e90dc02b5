"""Experiments as data: what they consist of, what of it is done, how long the rest takes, and how it is run."""
