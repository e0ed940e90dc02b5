"""Measures how long each part takes on a machine; the program is tools/benchmark.py."""
