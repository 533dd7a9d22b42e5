"""Recipes of variational autoencoders."""
