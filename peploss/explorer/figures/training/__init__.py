"""Figures of Training: curves, one sample through its refinement, doubt, curricula."""
