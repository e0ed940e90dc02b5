"""New spoof images for training: the traces of spoofs, carried to live faces of others by Eq. (8) and (15)."""
