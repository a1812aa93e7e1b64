"""Compiling: kept on disk where there is a place, by any number of processes at once, and said when it takes long."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from pathlib import Path

import numba
import pytest

from clearprop.engines.cpu import compiling, second_process
from clearprop.engines.cpu.compiling import Cache, announced, compiled

PROGRAM = """
import numpy as np
from clearprop.engines.cpu import updates
from clearprop.engines.cpu.updates import rates_type
theta, none = np.ones(3, np.float32), np.zeros(0, np.float32)
rates = np.ones(1, rates_type("float32"))[0]
updates.sgd(theta, np.ones(3, np.float32), none, none, rates)
assert (theta == -1).all(), theta
print("compiled" if sum(updates.sgd.stats.cache_misses.values()) else "kept")
"""


def run(folder: Path | str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env={"NUMBA_CACHE_DIR": str(folder), "PATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_kernel_is_compiled_once_and_kept_on_disk(tmp_path: Path) -> None:
    first, _ = run(tmp_path).communicate(timeout=60)
    second, _ = run(tmp_path).communicate(timeout=60)
    assert (first, second) == ("compiled\n", "kept\n")


def test_several_processes_may_compile_at_once(tmp_path: Path) -> None:
    processes = [run(tmp_path) for _ in range(4)]
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        assert output in ("compiled\n", "kept\n")
    assert run(tmp_path).communicate(timeout=60)[0] == "kept\n"


def test_without_a_folder_to_keep_it_in_a_kernel_works_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nowhere(Cache):
        def __init__(self, _: object) -> None:
            raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(compiling, "Cache", Nowhere)

    def twice(x: float) -> float:
        return 2 * x

    assert compiled(twice)(3.0) == 6.0


def test_what_is_kept_belongs_to_the_sources_that_it_was_made_of() -> None:
    def twice(x: float) -> float:
        return 2 * x

    codegen = numba.core.registry.cpu_target.target_context.codegen()
    assert compiling.SOURCES in Cache(twice)._index_key((), codegen)


def test_compiling_that_takes_its_time_is_announced_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(compiling, "PATIENCE", 0.05)
    compiling._say_once.cache_clear()
    with caplog.at_level(logging.WARNING, "clearprop"):
        with announced():
            pass
        time.sleep(0.1)
        assert caplog.messages == []
        for _ in range(2):
            with announced():
                time.sleep(0.2)
    assert caplog.messages == ["Compiling for this machine; the next training starts at once."]


TRAINING = """
import numpy as np
import clearprop as cp
from clearprop.engines.cpu.step import make_steps
cp.train(cp.Network.initialize([2, 2, 2]), np.eye(2), [0, 1], epochs=1, validation=0, batch_size=2)
print("compiled" if sum(make_steps.stats.cache_misses.values()) else "kept")
"""


def test_a_second_process_compiles_the_loop_over_the_steps(tmp_path: Path) -> None:
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "PATH": ""}
    ended = subprocess.run(
        [sys.executable, "-c", TRAINING], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert ended.stdout == "kept\n"


@pytest.mark.parametrize("program", ["/python-that-is-missing", "/bin/ls", ""])
def test_where_python_cannot_be_started_again_there_is_no_second_process(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(second_process, "is_kept", lambda *_: False)
    monkeypatch.setattr(sys, "executable", program)
    assert second_process.compiled_beside(second_process.make_steps, "float32")() is None


def test_what_is_compiled_already_is_not_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    second_process.compile_loop("make_single_steps", "float32")
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a second process was started"))
    second_process.compiled_beside(second_process.make_single_steps, "float32")()


def test_of_several_engines_at_once_each_waits_for_the_same_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []

    class Process:
        def __init__(self, *_: object, **__: object) -> None:
            started.append("a process")

        def wait(self) -> None:
            started.append("waited for")

    second_process._started.cache_clear()
    monkeypatch.setattr(second_process, "is_kept", lambda *_: False)
    monkeypatch.setattr(subprocess, "Popen", Process)
    waits = [second_process.compiled_beside(second_process.make_steps, "float32") for _ in range(2)]
    for wait in waits:
        wait()
    second_process._started.cache_clear()
    assert started == ["a process", "waited for", "waited for"]
