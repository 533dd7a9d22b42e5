"""Statistics: one module (or package) a post."""
