"""Keras models, of version 2 and 3, read without Keras."""
