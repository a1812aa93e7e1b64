"""What reports share: lines of text that wrap, pages of HTML with their formulas, LaTeX and JSON."""

from __future__ import annotations

import base64
import html
import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

HEADING, FORMULA, PLAIN, FAINT, PICTURE = "heading", "formula", "plain", "faint", "picture"


@dataclass(frozen=True)
class Line:
    """A line of text: how it is meant, and how far its continuation is indented where it must wrap."""

    text: str
    style: str = PLAIN
    hanging: int = 0

    def wrapped(self, width: int) -> Iterable[str]:
        """The line in pieces of at most `width` letters where spaces allow it."""
        if self.style == PICTURE:
            yield self.text
            return
        indent = len(self.text) - len(self.text.lstrip())
        words = re.split(r"(?<=\S) ", self.text)
        piece = words[0]
        for word in words[1:]:
            if len(piece) + 1 + len(word) <= width:
                piece = f"{piece} {word}"
            else:
                yield piece
                piece = " " * (indent + self.hanging) + word
        yield piece


def plain_text(lines: Iterable[Line], width: int) -> str:
    """Lines as plain text."""
    return "\n".join(piece.rstrip() for line in lines for piece in line.wrapped(width)) + "\n"


def escaped(text: str) -> str:
    """Text as HTML."""
    return html.escape(text, quote=True)


_OPEN, _MINUS = '<mo stretchy="true" fence="true" form="prefix">&#x00028;</mo>', "<mo>&#x02212;</mo>"
_REPAIRED = {
    # what browsers know nothing of
    '<menclose notation="updiagonalstrike">': '<mrow class="struck">',
    "</menclose>": "</mrow>",
    # a minus that belongs to the number after it
    _OPEN + _MINUS: _OPEN + '<mo form="prefix">&#x02212;</mo>',
}


@lru_cache(maxsize=4096)
def mathml(latex: str) -> str:
    """A formula as MathML, which browsers set themselves."""
    from latex2mathml.converter import convert

    # an operator that begins a piece of a formula stands between two pieces
    formula = str(convert(f"{{}} {latex}" if latex[:2] in ("+ ", "- ", "= ") else latex))
    for made, wanted in _REPAIRED.items():
        formula = formula.replace(made, wanted)
    return formula


def pieces(latex: str) -> list[str]:
    """A formula cut before each equals sign and before each plus and minus outside all brackets.

    Browsers do not break a formula at the end of a line; they do break between formulas.

    >>> pieces(r"z = 1 + \\frac{1 + 2}{3} - 4")
    ['z', '= 1', '+ \\\\frac{1 + 2}{3}', '- 4']
    """
    found, depth, begin = [], 0, 0
    for place, letter in enumerate(latex):
        if letter == "{" or latex.startswith(r"\left(", place):
            depth += 1
        elif letter == "}" or latex.startswith(r"\right)", place):
            depth -= 1
        elif depth == 0 and letter in "+-=" and latex[place - 1 : place + 2] == f" {letter} ":
            found.append(latex[begin:place].strip())
            begin = place
    return [*found, latex[begin:].strip()]


def png(rows: Sequence[bytes], width: int) -> str:
    """A picture of RGB bytes, row by row, as the address of an image that is part of the page."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(file).decode("ascii")


STYLE = """\
.report{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:0 auto;padding:0 .75rem 3rem;color:#1b1b1f;
background:#fff;overflow-wrap:break-word}
.report h1{font-size:1.35rem;line-height:1.3}
.report details{border:1px solid #d5d5dd;border-radius:.5rem;margin:.5rem 0;padding:0 .75rem;background:#fff}
.report details details{background:#f7f7fa}
.report details details details{background:#fff}
.report summary{cursor:pointer;padding:.5rem 0;min-height:1.75rem}
.report summary:focus-visible{outline:2px solid #2457c5}
.report details[open]>summary{border-bottom:1px solid #e6e6ec}
.report .wide{overflow-x:auto;padding:.2rem 0}
.report .plain{color:#44444d}
.report .source{color:#63636e;font-size:.875rem}
.report .try{border-left:.25rem solid #2457c5;padding:.25rem .75rem;margin:.5rem 0;background:#eef2fb}
.report table{border-collapse:collapse;margin:.5rem 0;font-variant-numeric:tabular-nums}
.report th,.report td{border:1px solid #d5d5dd;padding:.2rem .5rem;text-align:right}
.report th{font-weight:600;background:#f0f0f4}
.report math{font-size:1.1em;math-style:normal}
.report summary math{margin:.15rem 0}
.report code{font:0.9em ui-monospace,monospace}
.report img{image-rendering:pixelated;border:1px solid #d5d5dd;margin:.25rem .75rem .25rem 0}
.report figure{display:inline-block;vertical-align:top;max-width:14rem;margin:.5rem 1rem .5rem 0}
.report .struck{background:linear-gradient(to top right,transparent 46%,#c0262d 46%,#c0262d 54%,transparent 54%)}
.report .result{font-weight:600;white-space:nowrap}
"""


def page(title: str, body: str) -> str:
    """One self-contained file: no script, nothing fetched."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>body{{margin:0}}\n{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n"
        "</html>\n"
    )


def fragment(body: str) -> str:
    """The same for a notebook's cell, which is a part of a page."""
    return f"<style>\n{STYLE}</style>\n{body}"


_LATEX_SIGNS = {
    "\\": r"\textbackslash{}",
    **{sign: rf"\{sign}" for sign in "{}$&#_%"},
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "|": r"\ensuremath{|}",
    **{
        sign: rf"\ensuremath{{{command}}}"
        for sign, command in {
            "−": "-", "·": r"\cdot", "×": r"\times", "→": r"\to", "∂": r"\partial", "Σ": r"\Sigma", "α": r"\alpha",
            "β": r"\beta", "δ": r"\delta", "ε": r"\epsilon", "η": r"\eta", "λ": r"\lambda", "μ": r"\mu", "π": r"\pi",
            "σ": r"\sigma", "θ": r"\theta", "′": "'", "²": "^2", "₀": "_0", "₁": "_1", "₂": "_2", "ˣ": "^x", "ᶻ": "^z",
            "±": r"\pm",
        }.items()
    },
    "…": r"\dots{}",
}  # fmt: skip


_ACCENTED = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŠšŽž")


def latex_text(text: str) -> str:
    """Words for LaTeX; a letter that plain LaTeX has no type for is told by its number."""
    return "".join(
        _LATEX_SIGNS.get(letter) or (letter if letter.isascii() or letter in _ACCENTED else f"[U+{ord(letter):04X}]")
        for letter in text
    )


LATEX_PREAMBLE = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage{amsmath}
\usepackage{graphicx}
\usepackage[margin=2cm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\allowdisplaybreaks
\sloppy
\newcommand{\cancel}[1]{\mathord{\ooalign{\hidewidth$/$\hidewidth\cr$#1$}}}
"""


def latex_document(title: str, body: str) -> str:
    """A document that compiles with pdflatex and what every TeX system has."""
    return (
        f"{LATEX_PREAMBLE}\\title{{{latex_text(title)}}}\n\\date{{}}\n\\begin{{document}}\n\\maketitle\n{body}\n"
        "\\end{document}\n"
    )
