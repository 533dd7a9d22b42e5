"""VAE from Bayes' side (post 5343): one divergence of two joint distributions, what its parts are, and what weighs them."""
