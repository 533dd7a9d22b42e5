"""Models, objectives, sampling and mathematics: torch, numpy and numba, and nothing of the web."""
