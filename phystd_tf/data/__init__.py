"""From the files of a dataset to batches: readers, preparation, records and pipeline."""
