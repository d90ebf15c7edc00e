"""Tables: the rows and columns as data, and a writer for each format."""
