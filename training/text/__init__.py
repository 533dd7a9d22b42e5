"""Recipes of the text models."""
