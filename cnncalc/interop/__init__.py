"""Other people's models: a reader turns each into what a spec would say, and an index of its weights."""
