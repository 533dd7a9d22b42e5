"""Device, dtype and compute slots."""
