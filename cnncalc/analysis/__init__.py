"""What a graph costs: every number of the report, from the layer kinds' own arithmetic."""
