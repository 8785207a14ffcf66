"""Sets of PSMs: reads tables, joins them to spectra, scores millions, and answers questions about the results.

Needs ``pip install "peploss[dataset]"``; nothing here is imported by ``import peploss``.
"""
