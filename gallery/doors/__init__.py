"""Doors: the ways into the gallery, generic and thin; none names a page."""
