"""The formats of figures: one file for each."""
