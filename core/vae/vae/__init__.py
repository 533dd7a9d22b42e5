"""Variational autoencoders as post 5253 tells of them: each picture has its own normal distribution."""
