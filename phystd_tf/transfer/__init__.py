"""New spoof images for training: the traces of spoofs, put on live faces of other people by Eq. (8) and (15)."""
