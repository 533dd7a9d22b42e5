"""Masked language models and masked autoencoders seen as dropout (post 8770), on a small character BERT."""
