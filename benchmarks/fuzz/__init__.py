"""A seeded fuzzer over every place where foreign bytes or text come in; ``python -m benchmarks.fuzz --help``."""
