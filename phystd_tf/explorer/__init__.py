"""Faces of a run for the trace explorer of a report: which ones, their components, their traces on other faces."""
