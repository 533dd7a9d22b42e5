"""Fields: the kinds of input, each with its bounds, its parser and its place in a link.

A field turns whatever a door hands it (a number, a string from a link, bytes of an upload) into the value that a tab
gets, or refuses it by saying what is allowed.
"""

from gallery.fields.base import Field, Refused, Source
from gallery.fields.plain import Choice, Number, Point, Seed, TextField, Toggle
from gallery.fields.tables import Column, TableEditor
from gallery.fields.uploads import ASSETS, File, Image, Sketch, Upload

__all__ = [
    "ASSETS", "Choice", "Column", "Field", "File", "Image", "Number", "Point", "Refused", "Seed", "Sketch", "Source",
    "TableEditor", "TextField", "Toggle", "Upload",
]  # fmt: skip
