"""Other people's models: a reader turns each into the values of a spec, and an index of its weights."""
