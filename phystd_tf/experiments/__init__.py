"""Experiments as data: their steps, which of these are done, how long the rest takes, and how they are run."""
