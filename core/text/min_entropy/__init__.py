"""Minimum entropy IV (post 6191): from a library to word vectors.

A reader borrows two books. The routine that costs least puts together what is borrowed together; the same objective on words that
stand together gives word vectors. Beside it the words themselves, found without a dictionary (series II, the author's nlp-zero).
"""
