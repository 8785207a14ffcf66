"""Descent on the logits of soft peptides: what a loss does when nothing but the logits can learn."""

from peploss.training.descent.run import descend as descend
