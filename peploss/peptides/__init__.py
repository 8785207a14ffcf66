"""Peptides: ProForma to residue masses, fragments, soft peptides, synthetic spectra."""
