"""Vision: one module a model."""
