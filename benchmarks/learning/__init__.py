"""Parts of the training study: spectra, the model, and the ways to use the loss."""
