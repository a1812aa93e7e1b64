"""The CPU engine: the equations in compiled form, and how workers share them.

Where things are:

- `activations`, `outputs`, `updates`, `dropping`: the equations, a kernel each, named as in `clearprop.equations`
  (the delta of the output layer: `outputs`); each has a table at its end in which a new one is entered.
- `products`, `tiles`, `blas`, `scalars`: what they are made of: matrix products, and functions of one number.
- `step`: one step of training in two phases, and which part of each is whose; `one_row`: the same for mini-batches
  of one example; `rows`: what happens to a mini-batch besides the equations; `meeting`: how workers share the parts.
- `plan`, `task`: what workers are told, as records of addresses; `workers`: how many there are.
- `engine`: the engine itself; `forward`: the forward pass alone; `compiling`: how functions become machine code, and
  `second_process`: half of them in another process.
"""
