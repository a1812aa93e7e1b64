"""The pictures of the speed benchmarks, beside their figures in benchmarks/results/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, ScalarFormatter
from peers import MODULES, OURS
from rounds import RESULTS

COLOURS = dict(zip(MODULES, plt.get_cmap("tab10").colors, strict=False))  # type: ignore[attr-defined] # this map is a list of them


def relative_speeds(works: Mapping[str, Any], name: str, title: str, speed: str = "examples_per_second") -> None:
    """A row for each work: where each peer's speed lies if ours is 1, with its range over the rounds."""
    shown = {work: about for work, about in works.items() if OURS in about["peers"]}
    figure, axes = plt.subplots(figsize=(8, 0.55 * len(shown) + 1.6), layout="constrained")
    for row, about in enumerate(shown.values()):
        ours = about["peers"][OURS][speed]["median"]
        for peer, found in about["peers"].items():
            each = found[speed]
            axes.plot([each["least"] / ours, each["most"] / ours], [row, row], color=COLOURS[peer], lw=2, alpha=0.5)
            axes.plot(each["median"] / ours, row, "o", color=COLOURS[peer], label=peer if row == 0 else None)
    axes.set_yticks(range(len(shown)), [f"{work}\n{about['shape']}" for work, about in shown.items()], fontsize=8)
    axes.invert_yaxis()
    axes.axvline(1, color="black", lw=0.7)
    finish(axes, title)
    figure.savefig(RESULTS / f"{name}.png", dpi=120)
    plt.close(figure)


def seconds(goals: Mapping[str, Any], name: str, title: str) -> None:
    """A row for each goal: each peer's seconds, with their range over the rounds."""
    figure, axes = plt.subplots(figsize=(8, 0.6 * len(goals) + 1.6), layout="constrained")
    for row, about in enumerate(goals.values()):
        for peer, found in about["peers"].items():
            each = found["seconds"]
            axes.plot([each["least"], each["most"]], [row, row], color=COLOURS[peer], lw=2, alpha=0.5)
            axes.plot(each["median"], row, "o", color=COLOURS[peer], label=peer if row == 0 else None)
    axes.set_yticks(range(len(goals)), list(goals), fontsize=8)
    axes.invert_yaxis()
    finish(axes, title)
    figure.savefig(RESULTS / f"{name}.png", dpi=120)
    plt.close(figure)


def growths(axes_of: Mapping[str, Any], name: str, title: str) -> None:
    """A panel for each thing that grows: the time of a row and its arithmetic, as multiples of the first."""
    figure, panels = plt.subplots(1, len(axes_of), figsize=(4 * len(axes_of), 3.2), layout="constrained", squeeze=False)
    for axes, (grown, about) in zip(panels[0], axes_of.items(), strict=True):
        points = about["points"]
        sizes = [point["size"] for point in points]
        axes.plot(sizes, [point["time_to_first"] for point in points], "o-", label="time of a row")
        axes.plot(sizes, [point["arithmetic_to_first"] for point in points], "--", label="its arithmetic")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel(grown)
        axes.grid(alpha=0.3)
    panels[0][0].legend(fontsize=8)
    figure.suptitle(title, fontsize=10)
    figure.savefig(RESULTS / f"{name}.png", dpi=120)
    plt.close(figure)


def finish(axes: Axes, title: str) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="x", alpha=0.3, which="both")
    axes.set_title(title, fontsize=10)
    axes.legend(fontsize=8, loc="best")
