"""How far backpropagation is from automatic differentiation, over many random networks.

    python benchmarks/gradient_agreement.py --count 1000

Prints the worst difference of any gradient (weights, biases, activations) as a share of the largest entry of its
array, and ends with exit code 1 if that is above 1e-10.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from equations.random_networks import disagreement, random_problem

ALLOWED = 1e-10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="how many networks")
    count = parser.parse_args().count
    began = time.perf_counter()
    worst, seed = max((disagreement(random_problem(seed)), seed) for seed in range(count))
    figures = {
        "networks": count,
        "worst_disagreement": worst,
        "worst_seed": seed,
        "worst_network": repr(random_problem(seed).network),
        "allowed": ALLOWED,
        "seconds": round(time.perf_counter() - began, 1),
    }
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    return int(worst > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
