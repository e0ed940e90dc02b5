"""Classifies spoof media from the estimated traces alone, or from the images, Sec. 4.4."""
