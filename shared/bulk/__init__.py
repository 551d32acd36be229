"""Files of vectors: Parquet, JSON lines, NumPy and HDF5 in, Parquet out, in batches that fit into memory."""
