"""The energy view of GANs (post 6316): pits that are dug and samples that jump, two points as an exact flow, MALA."""
