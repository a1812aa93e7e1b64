"""What a terminal shows, and what a file or a pipe gets instead."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from pathlib import Path

from .conftest import Write
from .running import LEARNS, done, started


def on_a_terminal(*words: object, stdout: bool = False) -> tuple[int, str, str]:
    """Run a command whose standard error (and output) is a terminal: exit code, output, what the terminal showed."""
    ours, theirs = pty.openpty()
    process = started(
        *words,
        stderr=theirs,
        stdout=theirs if stdout else subprocess.PIPE,
        env={"TERM": "xterm", "TTY_COMPATIBLE": "1"},
    )
    os.close(theirs)
    out = ""
    if process.stdout is not None:
        with process.stdout:
            out = process.stdout.read()
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the end of a terminal
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    return process.wait(timeout=30), out, shown.decode()


def test_a_bar_appears_on_a_terminal_and_is_gone_at_the_end() -> None:
    code, out, shown = on_a_terminal("train", "small.csv", *LEARNS, "--out", "m", "--json")
    assert code == 0
    assert "epoch 20/20, cost " in shown
    assert "60/60" in shown
    assert shown.endswith("\x1b[2K")
    assert json.loads(out)["stopped"] == "finished"


def test_without_a_terminal_there_is_no_bar() -> None:
    process = started("train", "small.csv", *LEARNS, "--out", "m")
    assert process.communicate(timeout=30)[1] == "Training 6-4-3 on 65 rows: 20 epochs of 3 updates.\n"


def test_labels_on_the_terminal_are_not_cut_by_a_bar(model: Path) -> None:
    code, _, shown = on_a_terminal("label", model, "small.csv", stdout=True)
    assert code == 0
    assert "\x1b" not in shown
    assert len(re.findall(r'^\d+,"(?:ant|bee|cat)",\r$', shown, re.MULTILINE)) == 90
    assert shown.endswith("90 rows labelled.\r\n")


def test_a_matrix_that_does_not_fit_on_the_terminal_becomes_a_list(write: Write) -> None:
    names = [f"a long name {number:02d}" for number in range(12)]
    write("wide.csv", "\n".join(["x,kind", *(f"{row},{names[row % 12]}" for row in range(60))]))
    done("train", "wide.csv", "--epochs", "1", "--layers", "4", "--out", "m")
    _, _, shown = on_a_terminal("evaluate", "m", "wide.csv", stdout=True)
    plain = re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]", "", shown)
    assert "The most frequent confusions" in shown
    assert "Confusion matrix" not in shown
    assert {len(line) for line in plain.splitlines() if line[:1] in "┃│"} <= set(range(81))
    assert "Confusion matrix" in done("evaluate", "m", "wide.csv").out


def test_a_sentence_is_never_broken_into_lines() -> None:
    lines = done("train", "small.csv", *LEARNS, "--out", "m" * 100).out.splitlines()
    assert lines[-1] == f"The model is in {'m' * 100}. Label new rows with: clearprop label {'m' * 100} FILE"
    assert lines[2].startswith("95% interval: ")
    assert lines[2].count(":") == 3


def test_a_terminal_that_lacks_letters_is_no_reason_to_stop(write: Write) -> None:
    write("names.csv", "\n".join(["x,kind", *(f"{row},{['naïve', '猫'][row % 2]}" for row in range(40))]))
    done("train", "names.csv", *LEARNS, "--out", "m")
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    out, err = started("evaluate", "m", "names.csv", env=ascii_only).communicate(timeout=30)
    assert "| class | na\\xefve | \\u732b |" in out
    assert err == ""
    out, err = started("show", "m", "--json", env=ascii_only).communicate(timeout=30)
    assert json.loads(out)["classes"] == ["naïve", "猫"]
    assert err == ""


def test_help_needs_no_letters_that_a_terminal_lacks() -> None:
    out, err = started("train", "--help", env={"PYTHONIOENCODING": "ascii"}).communicate(timeout=30)
    assert "--learning-rate" in out
    assert err == ""
