"""Modifications: from their names, numbers and vocabularies to masses."""
