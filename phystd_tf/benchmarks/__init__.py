"""How long the parts take on a machine; the program is tools/benchmark.py."""
