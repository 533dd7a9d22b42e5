"""Spectra of stars, galaxies and quasars, drawn and read (post 5505)."""
