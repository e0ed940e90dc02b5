"""The networks of Fig. 4: generator and discriminators."""
