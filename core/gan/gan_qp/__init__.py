"""GAN-QP (post 6163, arXiv 1811.07296): the divergence itself, its best critic, and critics that are trained."""
