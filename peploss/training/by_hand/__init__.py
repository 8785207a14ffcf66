"""Soft peptides made by hand: probabilities between letters, the ways they go wrong, and where the gradient dies."""
