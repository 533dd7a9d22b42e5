"""Mathematics of the posts."""
