"""The tables of the paper: published values beside those of models that were trained and evaluated here."""
