"""Readers of what is no table of columns: one file for each format."""
