"""A softmax of one unit."""

from __future__ import annotations

from clearprop.diagnosing.rule import Evidence, Rule
from clearprop.diagnosing.rules.relu_output import matching_output

ONE_SOFTMAX_UNIT = Rule(
    id="one-softmax-unit",
    title="The output is a softmax of one unit",
    why="Softmax gives each unit its share of the whole layer. One unit alone gets all of it: it answers 1 to "
    "everything, whatever the weights, and no change of a weight changes that, so that every gradient is 0.",
    advice="One unit for each class, or one sigmoid unit for two classes.",
    evidence=lambda _: Evidence("The only output is exp(z) / exp(z) = {answer}.", {"answer": 1}),
    changes=lambda facts: [matching_output(facts.setup)],
    essential=True,
    unfit=lambda setup: "" if setup.always_one else "the output is no softmax of one unit.",
)
