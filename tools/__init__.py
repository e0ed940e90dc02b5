"""Programs: one thin absl program a verb. Flags exist only here."""
