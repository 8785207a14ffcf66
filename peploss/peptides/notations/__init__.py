"""Reads every foreign notation of peptides, for MGF and MSP, for tables and for the app's text field."""

from peploss.peptides.notations.lists import NoPlace, bare, listed, merged, paired, placed, sites_of
from peploss.peptides.notations.msp import proforma_from_msp
from peploss.peptides.notations.names import name
from peploss.peptides.notations.text import as_proforma, proforma, unflanked

__all__ = [
    "NoPlace",
    "as_proforma",
    "bare",
    "listed",
    "merged",
    "name",
    "paired",
    "placed",
    "proforma",
    "proforma_from_msp",
    "sites_of",
    "unflanked",
]
