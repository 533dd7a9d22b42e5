"""Clustering by a variational autoencoder (post 5887): one centre a cluster in the space of codes."""
