"""Pages on seeing: pictures and spectra, and the nets that read them."""
