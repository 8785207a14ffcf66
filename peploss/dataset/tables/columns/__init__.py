"""Tables of columns, text or Parquet: which column is what, and what its cells say."""
