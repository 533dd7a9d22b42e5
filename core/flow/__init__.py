"""Flows: invertible transforms that know their log-determinant, and the models built of them."""
