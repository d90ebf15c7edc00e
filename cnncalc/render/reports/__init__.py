"""The tables of each verb: the columns, and the values in them."""
