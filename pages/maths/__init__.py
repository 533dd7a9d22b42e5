"""Pages on mathematics."""
