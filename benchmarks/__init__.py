"""Benchmarks: ``python -m benchmarks.NAME``, one table each."""
