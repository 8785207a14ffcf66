"""Counterfactuals: every small change of a PSM, and the loss that it would have."""
