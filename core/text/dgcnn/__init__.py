"""Reading comprehension by convolutions alone: the network, its features, decoding, and the questions the page asks of it."""
