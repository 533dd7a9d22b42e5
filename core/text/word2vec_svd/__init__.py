"""Word vectors by counting: co-occurrences, shifted positive PMI, truncated SVD, against SGNS; averages of vectors as a bag of words."""
