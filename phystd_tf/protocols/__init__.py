"""Who is in which split: the published protocols, user lists, and what a run was trained on. No TensorFlow."""
