"""Figures of one spectrum, and of two against each other."""
