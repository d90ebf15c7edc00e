"""Networks as source code that reads as if a person had written it."""
