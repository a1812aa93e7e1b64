"""`clearprop label --processes N`: a file of labels for every file of a glob, made by several processes.

A part takes its name only when it is whole. It remembers what it was made of and by which model, so that labelling can
be broken off and started again: what is done is not done twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path

import typer

from clearprop.cli.console import INTERRUPTED, WRONG_INPUT, counted, print_json, progress_bar, say
from clearprop.cli.label_rows import Count, label_schema, write_labels
from clearprop.data import open_source
from clearprop.data.opening import files_of
from clearprop.engines.one_thread import one_blas_thread
from clearprop.errors import ArgumentError, ClearpropError
from clearprop.model import Model, load
from clearprop.storage import KEY, replacing

MOST_PROCESSES = 1024


@dataclass(frozen=True)
class Part:
    """A file to label, and the file for its labels. mark: what these are made of and by which model."""

    path: Path
    out: Path
    mark: str


def label_in_parts(
    model: Path, data: str, out: Path | None, probabilities: bool, processes: int, *, as_json: bool
) -> None:
    """Label every file of `data` that has no labels in the folder `out`; tell in a sentence which could not be."""
    folder = _folder(out, processes)
    parts = _parts(model, data, folder, probabilities)
    waiting = [part for part in parts if not _is_done(part)]
    total, failed = Count(), {}
    with progress_bar() as bar, _told_when_interrupted(folder):
        task = bar.add_task("labelling files", total=len(waiting))
        for part, answer in _answers(waiting, min(processes, len(waiting)), model, probabilities):
            if isinstance(answer, Count):
                total += answer
            else:
                failed[str(part.path)] = answer
                say(f"error: {answer}")
            bar.advance(task)
    before, now = len(parts) - len(waiting), len(waiting) - len(failed)
    if as_json:
        counts = {"labelled": total.labelled, "unlabelled": total.unlabelled, "files": now, "files done before": before}
        print_json({**counts, "failed": failed, "out": str(folder)})
    else:
        earlier = f" {counted(before, 'file')} had been done before." if before else ""
        say(f"{total} in {counted(now, 'file')}; the labels are in {folder}.{earlier}")
    if failed:
        raise typer.Exit(WRONG_INPUT)


def _folder(out: Path | None, processes: int) -> Path:
    if not 0 < processes <= MOST_PROCESSES:
        raise ArgumentError(f"--processes: expected a number from 1 to {MOST_PROCESSES:,}, got {processes}.")
    if out is None:
        raise ArgumentError("--processes: expected a folder for the labels, got none; name it with --out DIR.")
    if out.exists() and not out.is_dir():
        raise ArgumentError(f"{out}: expected a folder for the labels of several files, got a file; name a folder.")
    return out


def _parts(model: Path, data: str, folder: Path, probabilities: bool) -> list[Part]:
    """A part for each file, under the file's own name, and its folder's where there are several."""
    paths = files_of(data)
    if not paths:
        raise ArgumentError(f"{data}: expected a file or a pattern of files for --processes, got none of that name.")
    top = Path(os.path.commonpath([path.parent.resolve() for path in paths]))
    by = hashlib.sha256(model.read_bytes()).hexdigest()
    found = []
    for path in paths:
        place = path.resolve().relative_to(top)
        out = folder / place.with_name(place.name if place.suffix == ".parquet" else f"{place.name}.parquet")
        if out.exists() and out.samefile(path):
            raise ArgumentError(f"{folder}: expected another folder than that of the data; choose another one.")
        mark = {"model": by, "probabilities": probabilities, "rows of": str(place), "bytes": path.stat().st_size}
        found.append(Part(path, out, json.dumps(mark)))
    return found


def _is_done(part: Part) -> bool:
    """Whether the labels are there. ArgumentError where others are in their place."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not part.out.exists():
        return False
    try:
        held = (pq.read_schema(part.out).metadata or {}).get(KEY.encode(), b"").decode()
    except (pa.ArrowException, OSError, UnicodeError):
        held = ""
    if held != part.mark:
        raise ArgumentError(
            f"{part.out}: expected labels that this model made of {part.path.name} with these options, got another "
            f"file; name another folder for --out, or delete it."
        )
    return True


class _Worker:
    """A process that labels one file after another."""

    def __init__(self, model: Path, probabilities: bool) -> None:
        context = get_context("spawn")  # a fork would copy locks that threads of Arrow hold
        self.line, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, model, probabilities), daemon=True)
        # Ctrl-C reaches all processes, also one that is still starting; the first one ends the others
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            self._process.start()
        finally:
            signal.signal(signal.SIGINT, before)
        theirs.close()

    def stop(self, part: Part | None = None) -> None:
        """End it at once. part: the one that it is at, of which nothing is left."""
        self._process.terminate()
        self._process.join()
        self.line.close()
        if part:
            for rest in part.out.parent.glob(f".{part.out.name}.*.part"):
                rest.unlink()


def _answers(
    parts: Sequence[Part], processes: int, model: Path, probabilities: bool
) -> Iterator[tuple[Part, Count | str]]:
    """Each part with its count of rows, or with a sentence that says what was wrong, in the order of their ends."""
    waiting = list(reversed(parts))
    idle = [_Worker(model, probabilities) for _ in range(processes)]
    busy: dict[Connection, tuple[_Worker, Part]] = {}
    try:
        while waiting or busy:
            while waiting and idle:
                worker, part = idle.pop(), waiting.pop()
                worker.line.send(part)
                busy[worker.line] = worker, part
            for line in wait(list(busy)):
                assert isinstance(line, Connection)
                worker, part = busy.pop(line)
                answer = _answer(line)
                if answer is None:
                    worker.stop(part)
                    worker = _Worker(model, probabilities)
                idle.append(worker)
                yield part, answer or _lost(part)
    finally:
        for worker in idle:
            worker.stop()
        for worker, part in busy.values():
            worker.stop(part)


def _answer(line: Connection) -> Count | str | None:
    """None from a process that has died."""
    try:
        answer: Count | str = line.recv()
    except (EOFError, OSError):
        return None
    return answer


def _lost(part: Part) -> str:
    return f"{part.path.name}: the process that labelled it was ended from outside; is there enough memory?"


def _work(line: Connection, model: Path, probabilities: bool) -> None:
    """What a process does until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it is not inherited
    loaded = load(model)
    with one_blas_thread(), suppress(EOFError, ConnectionError):
        while True:
            line.send(_label(loaded, line.recv(), probabilities))


def _label(model: Model, part: Part, probabilities: bool) -> Count | str:
    import pyarrow.parquet as pq

    assert model.features is not None
    try:
        source = open_source(part.path, model.features.reading).as_text()
        model.features.check(source.schema)
        schema = label_schema(model, probabilities).with_metadata({KEY: part.mark})
        part.out.parent.mkdir(parents=True, exist_ok=True)
        with replacing(part.out) as file, pq.ParquetWriter(file, schema) as writer:
            return write_labels(model, source, probabilities, writer.write_table)
    except ClearpropError as error:
        return str(error)
    except (OSError, MemoryError) as error:
        return f"{part.path.name}: {getattr(error, 'strerror', None) or 'too little memory'}."


@contextmanager
def _told_when_interrupted(folder: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        say(f"interrupted; the files in {folder} are whole, and the same command goes on with the others.")
        raise typer.Exit(INTERRUPTED) from None
