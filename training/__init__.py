"""Recipes: how the weights under assets/weights were made. Imports core, and nothing of the gallery."""
