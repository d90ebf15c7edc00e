"""What the kinds are built with: the contract, options, windows, kernels, and what several kinds share."""
