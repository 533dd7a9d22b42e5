"""WGAN and WGAN-GP (post 4439, arXiv 1701.07875, 1704.00028) on the line, where the distance is known exactly."""
