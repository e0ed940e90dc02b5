"""Score files, error rates and the quality of traces. No TensorFlow."""
