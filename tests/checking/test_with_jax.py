"""Code that computes with JAX. In a file of its own, behind the others: once JAX is loaded, it makes each copy of this
process, in which a learner's code runs, take longer."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import clearprop as cp


def test_that_jax_has_run_is_seen() -> None:
    program = (
        "from clearprop.checking.running.libraries import jax_has_run; import jax.numpy as jnp\n"
        "assert not jax_has_run(); jnp.ones(1); assert jax_has_run()"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_jax_arrays() -> None:
    import jax
    import jax.numpy as jnp

    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        def cost(parameters: Any) -> Any:
            W, b = parameters
            return -jnp.sum(y * jax.nn.log_softmax(W[1] @ jax.nn.sigmoid(W[0] @ x + b[0]) + b[1]))

        return jax.grad(cost)(([jnp.asarray(W) for W in weights], [jnp.asarray(b) for b in biases]))

    report = cp.check(backprop, layers=[3, 4, 2], activations=["sigmoid", "softmax"], cost="cross_entropy", seconds=60)
    assert report.mistakes == (), report
