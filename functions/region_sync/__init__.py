"""Region sync: copies what was committed at home to this region, keeps membership, and votes."""
