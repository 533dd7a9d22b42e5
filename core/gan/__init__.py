"""Generative adversarial networks: one module a post."""
