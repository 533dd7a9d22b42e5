"""Pages on generative adversarial networks."""
