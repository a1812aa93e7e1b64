"""The JAX engine: the equations as they stand, compiled by JAX for CPUs, GPUs and TPUs, over many processes.

Where things are:

- `engine`: the engine itself.
- `steps`: what is compiled: a scan over the steps of a span, and the forward pass.
- `devices`: the devices of all processes as one row, and how arrays come to them.
- `examples`: the data on the devices: all of it where it fits, else in parts.
- `joining`: many processes become one training; `watching`: one of them dies, and the others say so.
"""
