"""Transfer: imports files of vectors into collections and exports collections to files, step by step."""
