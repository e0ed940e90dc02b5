"""Which clip is in which split: the published protocols, user lists, and the protocol of a run. No TensorFlow."""
