"""i-ResNet: residual blocks that are invertible because their branches contract (post 6482, arXiv 1811.00995)."""
