"""Capsules: routing as clustering, two digits at once, matrices routed by EM (posts 4819, 5112, 5155)."""
