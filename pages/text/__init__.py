"""Pages on Chinese text."""
