"""Generic input and output: files that are whole or absent, text files, images and videos."""
