"""A cloze reader that picks a word of the passage for its blank (post 4564)."""
