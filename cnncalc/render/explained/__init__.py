"""Explanations: a writer for each format, and the sentences that they share."""
