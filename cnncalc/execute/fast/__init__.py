"""The forward pass made fast: channels last, weights laid out beforehand, no allocation in a run.

`arrays` has the contract; `convolution` chooses among `im2col`, `winograd` and `depthwise`; `finish` is
their bias and activation; `pool`, `dense`, `elementwise` and `lrn` are the rest. `schedule` puts kernels in
order, and `binding` gives their maps memory, laid out by `memory`. The readable definitions are the oracle
of all of it.
"""
