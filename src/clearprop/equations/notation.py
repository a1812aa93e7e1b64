"""How symbols and arithmetic are spelled: as text in the books' notation, as LaTeX, as code.

The letters are those of 3Blue1Brown and of Nielsen's book; a notation differs from another only in its script.
"""

from __future__ import annotations

from collections.abc import Sequence

# How tightly a spelling binds, loosest first: a part that binds less than its surroundings gets brackets. A number
# put in for a symbol may be negative (SIGNED): 2 + (−3), (−3)².
SIGNED, ADD, MULTIPLY, NEGATE, POWER, ATOM = range(6)

Symbol = tuple[str, Sequence[str]]
"""A symbol's name and its indices as they are written: ("z", ["l", "j"])."""

LAYERED = frozenset({"W", "b", "z", "a", "delta", "keep", "start", "gain", "W_new", "b_new", "bias_first", "bias_last"})
"""Symbols whose first index is the layer."""

_GREEK = {
    "delta": "δ",
    "eta": "η",
    "mu": "μ",
    "beta": "β",
    "epsilon": "ε",
    "lambda": "λ",
    "alpha": "α",
    "theta": "θ",
    "sigma": "σ",
    "pi": "π",
}
_SUPERSCRIPT = str.maketrans("0123456789+-()lLtT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ˡᴸᵗᵀ")
_SUBSCRIPT = str.maketrans("0123456789+-()jkilmnt", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ⱼₖᵢₗₘₙₜ")


class Notation:
    """Plain text in the books' notation; the other notations override what they spell otherwise."""

    stacks = False
    """Whether fractions and exponents are set above and below, where they need no brackets."""
    is_code = False
    """Whether it is a program: a sum is a call, indices stand in square brackets."""
    minus = "−"
    first = 1
    """What neurons, inputs and examples are counted from."""

    def constant(self, name: str) -> str:
        return _GREEK[name]

    def symbol(self, name: str, indices: Sequence[str]) -> str:
        layer, rest = _split_layer(name, indices)
        letter, suffix = _split_suffix(name)
        letter = _GREEK.get(letter, "w" if name == "W" and rest else letter)
        suffix = suffix.translate(_SUBSCRIPT) if len(suffix) < 2 else f"_{suffix}"
        upper = self.layer_mark(layer).translate(_SUPERSCRIPT) if layer else ""
        return letter + suffix + upper + _joined(rest).translate(_SUBSCRIPT)

    def layer_mark(self, layer: str) -> str:
        """How the layer stands above its symbol: in brackets, as in the videos, to keep it apart from a power."""
        return f"({layer})"

    def brackets(self, text: str) -> str:
        return f"({text})"

    def fraction(self, above: str, below: str) -> str:
        return f"{above} / {below}"

    def product(self, left: str, right: str) -> str:
        return f"{left} · {right}"

    def power(self, base: str, exponent: str) -> str:
        raised = all(ord(letter) in _SUPERSCRIPT for letter in exponent)
        return base + exponent.translate(_SUPERSCRIPT) if raised else f"{base}^{exponent}"

    def call(self, name: str, argument: str) -> str:
        return f"{name}({argument})"

    def over(self, name: str, letter: str, term: str) -> str:
        return f"{'Σ' if name == 'sum' else name}{letter.translate(_SUBSCRIPT)} {term}"

    def slope(self, of: Symbol, by: Symbol) -> str:
        return f"∂{self.symbol(*of)}/∂{self.symbol(*by)}"

    def slope_of(self, expression: str, by: Symbol) -> str:
        """The slope of a whole expression."""
        return f"∂({expression})/∂{self.symbol(*by)}"

    def same(self, first: str, second: str) -> str:
        return f"[{first} = {second}]"

    def cases(self, value: str, condition: str, otherwise: str) -> str:
        return f"{{{value} if {condition}, else {otherwise}}}"

    def rest(self, value: str, count: int) -> str:
        """The terms of a sum that are not written out, as one number."""
        return f"{value} ({others(count)})"


class _Latex(Notation):
    stacks = True
    minus = "-"

    def constant(self, name: str) -> str:
        return rf"\{name}"

    def symbol(self, name: str, indices: Sequence[str]) -> str:
        layer, rest = _split_layer(name, indices)
        letter, suffix = _split_suffix(name)
        letter = rf"\{letter}" if letter in _GREEK else _upright("w" if name == "W" and rest else letter)
        below = _upright(suffix) + _joined(rest)
        return letter + (f"_{{{below}}}" if below else "") + (f"^{{{self.layer_mark(layer)}}}" if layer else "")

    def brackets(self, text: str) -> str:
        return rf"\left({text}\right)"

    def fraction(self, above: str, below: str) -> str:
        return rf"\frac{{{above}}}{{{below}}}"

    def product(self, left: str, right: str) -> str:
        return rf"{left} \, {right}"

    def power(self, base: str, exponent: str) -> str:
        return rf"{base}^{{{exponent}}}"

    def call(self, name: str, argument: str) -> str:
        if name == "exp":
            return f"e^{{{argument}}}"
        if name in ("floor", "ceil"):
            return rf"\left\l{name} {argument} \right\r{name}"
        return rf"\sqrt{{{argument}}}" if name == "sqrt" else rf"\{name}\left({argument}\right)"

    def over(self, name: str, letter: str, term: str) -> str:
        return rf"\{name}_{{{letter}}} {term}"

    def slope(self, of: Symbol, by: Symbol) -> str:
        return rf"\frac{{\partial {self.symbol(*of)}}}{{\partial {self.symbol(*by)}}}"

    def slope_of(self, expression: str, by: Symbol) -> str:
        return rf"\frac{{\partial}}{{\partial {self.symbol(*by)}}} \left({expression}\right)"

    def same(self, first: str, second: str) -> str:
        return rf"[{first} = {second}]"

    def cases(self, value: str, condition: str, otherwise: str) -> str:
        return rf"\begin{{cases}} {value} & {condition} \\ {otherwise} & \text{{otherwise}} \end{{cases}}"

    def rest(self, value: str, count: int) -> str:
        return rf"\underbrace{{{value}}}_{{\text{{{others(count)}}}}}"


class _Code(Notation):
    is_code = True
    minus = "-"
    first = 0

    def constant(self, name: str) -> str:
        return name

    def symbol(self, name: str, indices: Sequence[str]) -> str:
        layer, rest = _split_layer(name, indices)
        place = (layer if layer.isdigit() else f"[{layer}]") if layer else ""
        return name + place + (f"[{', '.join(rest)}]" if rest else "")

    def product(self, left: str, right: str) -> str:
        return f"{left} * {right}"

    def power(self, base: str, exponent: str) -> str:
        return f"{base} ** {exponent}"

    def call(self, name: str, argument: str) -> str:
        return f"{'log' if name == 'ln' else name}({argument})"

    def over(self, name: str, letter: str, term: str) -> str:
        return f"{name}({term} for {letter} in {'examples' if letter == 'i' else 'neurons'})"

    def slope(self, of: Symbol, by: Symbol) -> str:
        (name, at), (by_name, by_at) = of, by
        return f"d{name}_d{self.symbol(by_name, [*by_at[:1], *at[1:], *by_at[1:]])}"  # the layer once, then j, k

    def slope_of(self, expression: str, by: Symbol) -> str:
        return f"slope({expression}, {self.symbol(*by)})"

    def same(self, first: str, second: str) -> str:
        return f"({first} == {second})"

    def cases(self, value: str, condition: str, otherwise: str) -> str:
        return f"({value} if {condition} else {otherwise})"


class _Nielsen(Notation):
    """Nielsen's book writes the layer without brackets: a²₁."""

    def layer_mark(self, layer: str) -> str:
        return layer


class _Blue(Notation):
    """The videos of 3Blue1Brown call the cost of one example C₀, and write δ as the slope that it is."""

    def symbol(self, name: str, indices: Sequence[str]) -> str:
        if name == "delta":
            return self.slope(("C", []), ("z", indices))
        return super().symbol("C_0" if name == "C" else name, indices)


class _NielsenLatex(_Nielsen, _Latex):
    pass


class _BlueLatex(_Blue, _Latex):
    pass


def others(count: int) -> str:
    """`the other 770 terms together`"""
    return f"the other {count:,} terms together" if count != 1 else "the other term"


def _split_layer(name: str, indices: Sequence[str]) -> tuple[str, list[str]]:
    if name in LAYERED and indices:
        return indices[0], list(indices[1:])
    return "", list(indices)


def _split_suffix(name: str) -> tuple[str, str]:
    """`beta_1` is β with a suffix, `lambda_` a λ that Python would not take by its name."""
    letter, _, suffix = name.partition("_")
    return letter, suffix


def _joined(indices: Sequence[str]) -> str:
    return (",".join if any(index.isdigit() for index in indices) else "".join)(indices)


def _upright(name: str) -> str:
    """A name of several letters in LaTeX, where letters side by side would be a product."""
    return name if len(name) < 2 else rf"\mathrm{{{name}}}"


TEXT = Notation()
LATEX = _Latex()
CODE = _Code()
NOTATIONS = {"text": TEXT, "latex": LATEX, "code": CODE}
BOOKS = {
    "books": (TEXT, LATEX),
    "nielsen": (_Nielsen(), _NielsenLatex()),
    "3blue1brown": (_Blue(), _BlueLatex()),
}
"""The books' notations, each as text and as LaTeX; `books` is ours: the layer in brackets, and δ."""
