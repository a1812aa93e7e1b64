"""One of several processes that train together on files that are streamed; what it saw goes into a file of JSON.

python shared_training.py HOST:PORT INDEX COUNT FILES OUT
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import clearprop as cp
from clearprop.cli.processes import joined
from clearprop.data import parquet
from clearprop.data.parquet import ParquetTable
from clearprop.training import run

ROWS_OF_A_PIECE = 100
STOPPED_AT = 39
"""Updates of the run that is broken off, in mid-epoch and in the middle of a block."""
SETTINGS: dict[str, Any] = {
    "batch_size": 16,
    "epochs": 2,
    "learning_rate": 0.1,
    "optimizer": "sgd",
    "validation": 0.1,
    "shuffle_rows": 100,
    "precision": "float64",
}


def network() -> cp.Network:
    return cp.Network.initialize([4, 8, 3], hidden="tanh", seed=1, precision="float64")


def trained(files: str, **changes: Any) -> cp.Training:
    return cp.train(network(), files, "kind", **{"engine": "jax", **SETTINGS, **changes})


def told(training: cp.Training) -> dict[str, Any]:
    weights = [array.tobytes().hex() for array in (*training.network.weights, *training.network.biases)]
    return {"weights": weights, "history": str(training.history.without_clocks()), "stopped": training.stopped}


def refusal(files: str, **changes: Any) -> str:
    try:
        trained(files, **changes)
    except cp.ClearpropError as error:
        return str(error)
    return ""


def main(patched: pytest.MonkeyPatch, address: str, index: int, count: int, files: str, out: Path) -> None:
    patched.setattr(parquet, "PIECE_ROWS", ROWS_OF_A_PIECE)
    patched.setattr(run, "steps_per_span", lambda *_: 3)
    reads: list[list[str]] = []
    read = ParquetTable._read

    def recorded(table: Any, path: Path, groups: list[int], columns: Any) -> Any:
        reads[-1].append(f"{path.name} {groups[0]}")
        return read(table, path, groups, columns)

    patched.setattr(ParquetTable, "_read", recorded)
    start = run.Run.go

    def started(self: run.Run) -> None:
        reads.append([])  # what is read from here on is read by the epochs
        start(self)

    patched.setattr(run.Run, "go", started)
    with joined(None, address, index, count, None) as member:
        seen: dict[str, Any] = {"runs": []}
        for _ in range(2):
            reads.append([])
            seen["runs"].append({**told(trained(files)), "read": sorted(set(reads[-1]))})
        # only process 0 has the folder
        kept = out.parent / ("run" if index == 0 else "none")
        seen["stopped"] = trained(
            files, checkpoint=kept, callbacks=[lambda progress: progress.step == STOPPED_AT]
        ).stopped
        if index == 0:
            shutil.copytree(kept, out.parent / "half")
        seen["resumed"] = told(trained(files, checkpoint=kept, resume=True))
        seen["diverged"] = trained(files, learning_rate=1e300, precision="float32").message
        seen["other data"] = refusal(files.replace("*", "0") if index else files)
        seen["other seed"] = refusal(files, seed=index)
        out.write_text(json.dumps(seen))
        member.leave()


if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patches:
        main(patches, sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], Path(sys.argv[5]))
