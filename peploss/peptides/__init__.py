"""Peptides: from ProForma to residue masses, fragments and soft peptides."""
