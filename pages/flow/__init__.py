"""Pages on flows."""
