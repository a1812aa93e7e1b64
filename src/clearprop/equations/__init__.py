"""The mathematics, once: pure functions over any array library, each with its formula, sentence and source."""
