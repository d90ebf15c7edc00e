"""The tables of each verb: which columns are shown, and what stands in them."""
