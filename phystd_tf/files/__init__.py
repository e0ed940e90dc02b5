"""Generic input and output: files that are complete or absent, text files, images and videos."""
