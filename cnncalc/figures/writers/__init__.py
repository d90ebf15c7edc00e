"""What figures are written as: one file for each format."""
