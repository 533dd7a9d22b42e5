"""NICE (post 5776; arXiv 1410.8516): a flow of additive couplings, a reversal before each, and one diagonal scale."""
