"""The kernels in Triton. Nothing here is imported before a tensor on a GPU needs it."""
