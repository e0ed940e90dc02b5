"""Uses a trained model: scores, traces, photographs, export. Needs only the generator, never the training."""
