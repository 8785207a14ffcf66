"""Heights of predicted fragments, from a model that runs here or from a file of predictions."""
