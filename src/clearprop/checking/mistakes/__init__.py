"""The catalogue of mistakes: small replacements of rules, and the words for them."""
