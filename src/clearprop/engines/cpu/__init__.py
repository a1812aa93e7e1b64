"""The CPU engine: the equations in compiled form, and how workers share them.

Where things are:

- `activations`, `outputs`, `updates`, `dropping`: the equations, a kernel each, named as in `clearprop.equations`
  (the delta of the output layer: `outputs`); each but the last has a table at its end for new ones.
- `products`: matrix products, narrow ones in `tiles`, large ones in `blocks`, for which `panels` lay out their factors,
  others by `blas`; `zeros`, `strips`: lists of what is not 0, and products with them (of wide layers `blocks` leave
  zeros out); `vectors`: what products by hand are written in; `scalars`: functions of one number.
- `step`: how steps are made, in phases, and which part of each is whose: `own_inputs`, the first layer, which is split
  over its inputs, rows of W⁽¹⁾; `own_examples`, the way to the cost and back, split over examples or, where layers are
  wide, over neurons, and not at all where they are small, of which each worker then has a copy; `own_parameters`,
  gradients and updates, split over rows of W, where there is one copy also those of later layers.
- `micro_batch`: what passes together; `one_row`: steps of one example each, `later_layers`: all layers but the first
  for them; `rows`: what happens to a mini-batch besides the equations; `meeting`: how workers share the parts;
  `subnormal`: numbers that are too small to count.
- `plan`, `task`: what workers are told, as records of addresses, and where parameters lie; `workers`: how many there
  are, and among how many what is split.
- `engine`: the engine itself; `forward`: the forward pass alone, split over rows; `compiling`: how functions become
  machine code, and reach memory (`table`, `vector`) and other kernels (`call`); `second_process`: half of them are
  compiled in another process.
"""
