"""The costs of a graph: every number of the report, from the layer kinds' own arithmetic."""
