"""Figures of Tune: landscapes over sigma and bin width, reach, sets."""
