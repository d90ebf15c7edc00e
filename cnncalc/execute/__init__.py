"""Networks run in NumPy: values, gradients, and the proof of every number. Arrays are channels last."""
