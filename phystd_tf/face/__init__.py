"""Face geometry: alignment, morphable model, crop, depth M0 and preliminary mask P0 (Sec. 3.3.1)."""
