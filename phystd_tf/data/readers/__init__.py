"""One reader a dataset layout; each lists clips."""
