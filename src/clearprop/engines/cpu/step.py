"""Steps of training, as one worker makes them: in phases, with a part of each for every worker.

Workers share a micro-batch, which is a mini-batch or one part of a large one, in two phases, each with one part for
every worker:

- add what the δ of all examples of the micro-batch before say to the gradients of your own rows of every W and your own
  part of every b, and update these where a mini-batch ends with it (`own_parameters`); then multiply your own columns
  of x by your own rows of W⁽¹⁾, for all examples (`own_inputs`);
- take your own examples to the cost and back to δ⁽¹⁾; their z⁽¹⁾ is the sum of what all have multiplied
  (`own_examples`).

So nobody writes what another writes or reads in the same phase: in the first, parameters and products of one's own; in
the second, one's own rows of a, slope and δ of every layer. (Up to 60 bytes after one's own rows of W⁽¹⁾ are read too,
and not used.)

Where a layer after the first is wide (`workers.by_neurons`), its z, and the ∂C/∂a of the layer before it, are not made
of your own examples but of your own neurons, for all examples. The second phase then falls into stages, each a phase
for itself: up to that product, the product, and what comes after it. In its stage one's own columns of a, or of δ, are
written.

Where the layers after the first are small, to meet and to read what others have written takes longer than what is
computed. There each worker has a copy of these layers and of every b, takes all examples through it, and moves it by
all of them: the copies stay the same, bit for bit. The second phase then runs into the first of the next micro-batch,
without a meeting, and all that workers read of each other are the products with W⁽¹⁾. Of these there are two
micro-batches' worth: while one worker reads those of one, another may write those of the next.
"""

from __future__ import annotations

from typing import Any

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import compiled, inner
from clearprop.engines.cpu.meeting import CALLED_OFF, finish_part, part_of, take_part
from clearprop.engines.cpu.micro_batch import micro_batch, micro_batches
from clearprop.engines.cpu.own_examples import pass_examples, stages_of
from clearprop.engines.cpu.own_inputs import ask_for_columns, ask_for_inputs, multiply_own_inputs
from clearprop.engines.cpu.own_parameters import update_own_parameters


@compiled
def make_steps(
    like: Array,
    task: Any,
    copies: Array,
    shares: Array,
    worker: int,
    order: Array,
    pace: Array,
    rates: Array,
    meeting: Array,
) -> bool:
    """As many steps as `pace` has rows (the rates that change from step to step); False if another worker has failed.
    `like` says the precision, `copies` has a row for each copy, its layers, `rates` are the update rule's for
    weights and for biases."""
    steps, one_phase, count = len(pace), task.sharers == 1, micro_batches(task, len(order))
    cycle = 1 if one_phase else 1 + stages_of(copies[0])
    for phase in range(cycle * count + 1):
        number = (phase + cycle - 1) // cycle  # of micro-batches that are passed, or are being passed now
        stage = 0 if one_phase else phase % cycle - 1
        passes, updates = stage >= 0, one_phase or stage < 0
        passed, coming = micro_batch(task, order, max(0, number - 1)), micro_batch(task, order, number)
        part = take_part(meeting, phase, worker, task.parts)
        while part >= 0:
            share, layers = shares[part], copies[part // task.sharers]
            if updates:
                ask_for_inputs(like, task, layers, share, coming.rows)
                ask_for_columns(share, coming.rows)
            if passes and number > 0:
                first, last = part_of(len(passed.rows), part, task.sharers)
                pass_examples(like, task, layers, shares, part, passed, first, last, stage)
            if updates and number > 0:
                set_pace(rates, pace[passed.step])
                measures = task.measures and passed.step == steps - 1
                update_own_parameters(like, task, layers, share, part, passed, rates, measures)
            if updates and number < count:
                multiply_own_inputs(like, task, layers, share, coming.rows, number)
            finish_part(meeting)
            part = take_part(meeting, phase, worker, task.parts)
        if part == CALLED_OFF:
            return False
    return True


@inner
def set_pace(rates: Array, pace: Array) -> None:
    """What changes from step to step, for weights and for biases."""
    for i in range(2):
        rates[i].eta, rates[i].correction_1, rates[i].correction_2 = pace[0], pace[1], pace[2]
