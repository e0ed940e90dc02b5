"""Scores, error rates and protocols: NumPy and pandas only, no TensorFlow."""
