"""The kernels in Triton; imported only when a tensor on a GPU needs them."""
