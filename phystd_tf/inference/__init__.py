"""Using a trained model: scores, traces, photographs, export. Needs the generator only, never the training."""
