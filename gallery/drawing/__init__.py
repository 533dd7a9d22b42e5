"""Drawing: how the figures of the vocabulary are laid out. Pages use :mod:`gallery.figures`, never this."""
