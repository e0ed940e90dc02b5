"""The run folder: the names of its files, and what they hold. No TensorFlow."""
