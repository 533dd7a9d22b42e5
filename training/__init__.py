"""Recipes: how the weights under assets/weights were made. Imports core, and nothing of the gallery."""

import os

# Threads that spin at a barrier starve each other when the machine has other work: ten times slower was measured.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
