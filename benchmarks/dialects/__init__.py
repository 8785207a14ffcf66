"""One set of true PSMs, written in every dialect that the readers claim and read back."""
