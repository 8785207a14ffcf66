"""Where the height of a predicted fragment comes from: a model that runs here, or a file of predictions."""
