"""Read models have each fact once."""
