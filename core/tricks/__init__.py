"""Tricks of training: dropout, losses, learning rates, the loop itself, orthogonality."""
