"""From files of a dataset to batches: readers, preparation, records, pipeline."""
