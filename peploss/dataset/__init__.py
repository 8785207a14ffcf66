"""Sets of PSMs: tables in, Parquet, scores of millions, questions to the result.

Needs ``pip install "peploss[dataset]"``; nothing here is imported by ``import peploss``.
"""
