"""All that a person sees: tables, errors, working; one file a format. Only this room knows rich."""
