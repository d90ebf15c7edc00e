"""The parts of which kinds are built: the contract, options, windows, kernels, and what kinds share."""
