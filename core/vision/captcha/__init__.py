"""Four letters read end to end: separable convolutions and four softmax heads, or CTC (post 4503)."""
