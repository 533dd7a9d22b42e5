"""RSGAN (post 6110, arXiv 1807.00734): the critic judges pairs, by the difference of two scores."""
