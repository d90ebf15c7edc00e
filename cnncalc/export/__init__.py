"""Networks in the languages of other programs: models, code and drawings."""
