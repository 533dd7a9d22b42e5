"""Pages on variational autoencoders."""
