"""Running the learner's code: in a process of its own, with limits, its answers coming back as arrays and JSON."""
