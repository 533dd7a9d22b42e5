"""Reversible reactions: a net rate f - g taken apart into the rates of the two reactions that it stands for.

A law is split into its positive and its negative terms by sympy: sums of mixed sign are multiplied out, quotients and sums
of one sign are left as they are, and what cancels cancels. So mass action, Michaelis–Menten and Haldane's forms, Hill
functions and products of them come apart; a law whose sign hides in a function (a sine, a logarithm) does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.stats.gillespie.evaluation import evaluate
from core.stats.gillespie.formula import Call, Formula, Name, Number, names

__all__ = ["left_of_a_total", "negative_somewhere", "runs_backwards", "split"]

SCALES = (1.0, 3.0, 50.0, 1e3, 1e6)  # molecules at which a law's sign is tried
RANDOM = (2, 3, 5, 9, 20, 60, 60, 60)  # molecules below which random states are tried
MOST_TERMS = 300  # of a law multiplied out
MOST_CHOICES = 4  # nested choices (piecewise, min, max) of mixed sign in one law
LARGEST_INTEGER = 16  # whole constants up to here stay numbers for sympy, which can then see 2 - 1 and x^2
ROUNDING = 1e-9  # relative; of a law against the difference of its parts
ALWAYS_POSITIVE = frozenset({"exp", "cosh"})
NEVER_NEGATIVE = frozenset({"abs", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "acos", "factorial"})
KEEPS_SIGN = frozenset({"floor", "ceil", "snap", "sinh", "tanh", "asinh", "atan", "asin", "atanh"})


def runs_backwards(law: Formula, reactants: Sequence[str], fixed: Set[str], state: Mapping[str, float]) -> bool:
    """Whether a law is negative somewhere where its reactants are gone.

    ``state`` has the values of all names; those in ``fixed`` keep them, the others are numbers of molecules.
    """
    return any(_negative(law, {**point, **dict.fromkeys(reactants, 0.0)}) for point in _points(law, fixed, state))


def negative_somewhere(
    law: Formula, reactants: Sequence[str], products: Sequence[str], fixed: Set[str], state: Mapping[str, float]
) -> bool:
    """Whether a law is negative at one of the states tried, with and without its reactants."""
    if runs_backwards(law, reactants, fixed, state):
        return True
    many = [{**state, **dict.fromkeys(products, scale)} for scale in SCALES]
    return any(_negative(law, point) for point in [*_points(law, fixed, state), *many])


def _points(law: Formula, fixed: Set[str], state: Mapping[str, float]) -> list[dict[str, float]]:
    moving = sorted(names(law) - fixed)
    return [dict(state), *({**state, **dict.fromkeys(moving, scale)} for scale in SCALES)]


def _negative(law: Formula, point: Mapping[str, float]) -> bool:
    with np.errstate(all="ignore"):
        return float(evaluate(law, point)) < 0.0


def split(
    law: Formula, fixed: Set[str], state: Mapping[str, float], choices: int = MOST_CHOICES
) -> tuple[Formula, Formula] | None:
    """(f, g) with law = f - g and neither below 0 on whole numbers; None where the law does not come apart.

    ``state`` has the values of all names; those in ``fixed`` are no numbers of molecules, keep their values, and may be
    negative. A number less something, as 1 - X / K in a product, may be what is left of a total, as long as it is not
    negative at ``state``: it then stays whole if the law comes apart otherwise, as k (1 - X / K) - r X does. If it does not,
    the number and what it is less by become the two rates: k (10 - X) gives (10 k, k X). Only where no way of reading the
    law gives two rates is g = 0.
    """
    single = None
    for shifted, totals in (
        (True, True),
        (True, False),
        (False, False),
    ):  # X - 1 is a number of molecules in X (X - 1) / 2
        terms = _Terms(fixed, state, shifted, totals)
        parts = terms.parts(law)
        if parts is not None and _holds(law, parts, terms.rests, fixed, state):
            if parts[1] != Number(0.0):
                return parts
            single = parts
    choice = _mixed_choice(law) if choices else None
    if choice is None:
        return single
    *condition, yes, no = choice.arguments
    condition = condition[0] if condition else Call("le" if choice.operator == "min" else "ge", (yes, no))
    ways = [split(_replaced(law, choice, way), fixed, state, choices - 1) for way in (yes, no)]
    if ways[0] is None or ways[1] is None:
        return single
    first, second = (Call("select", (condition, a, b)) for a, b in zip(*ways, strict=True))
    return first, second


def left_of_a_total(law: Formula, fixed: Set[str], state: Mapping[str, float]) -> bool:
    """Whether a law can also be read as one rate, with what is left of a total in it, as k (10 - X) and k A (1 - X / K) can."""
    terms = _Terms(fixed, state, shifted=True, totals=True)
    parts = terms.parts(law)
    return (
        parts is not None
        and parts[1] == Number(0.0)
        and bool(terms.rests)
        and _holds(law, parts, terms.rests, fixed, state)
    )


def _holds(
    law: Formula, parts: tuple[Formula, Formula], rests: Sequence[Formula], fixed: Set[str], state: Mapping[str, float]
) -> bool:
    """Whether f - g is the law, and neither is negative, at the states tried: all alike, and drawn at random.

    States at which one of ``rests``, what is left of a total, is negative do not count.
    """
    moving = sorted(names(law) - fixed)
    rng = np.random.default_rng(0)
    random = [
        {**state, **dict(zip(moving, rng.integers(0, most, len(moving)).astype(float), strict=True))} for most in RANDOM
    ]
    with np.errstate(all="ignore"):
        for point in [*_points(law, fixed, state), *random]:
            whole, forward, backward = (float(evaluate(part, point)) for part in (law, *parts))
            if not np.isfinite(whole) or any(float(evaluate(rest, point)) < 0.0 for rest in rests):
                continue
            if forward < 0.0 or backward < 0.0:
                return False
            if np.isfinite(forward) and np.isfinite(backward):
                scale = max(abs(whole), forward, backward)
                if abs(forward - backward - whole) > ROUNDING * scale:
                    return False
    return True


def _mixed_choice(law: Formula) -> Call | None:
    """The first choice between two values in a formula, a minimum or maximum put as one."""
    if not isinstance(law, Call):
        return None
    if law.operator in ("select", "min", "max"):
        return law
    for argument in law.arguments:
        found = _mixed_choice(argument)
        if found is not None:
            return found
    return None


def _replaced(law: Formula, part: Formula, by: Formula) -> Formula:
    if law == part:
        return by
    return Call(law.operator, tuple(_replaced(a, part, by) for a in law.arguments)) if isinstance(law, Call) else law


@dataclass
class _Terms:
    """One law on its way through sympy. Numbers, names and functions are symbols there, known by their signs only."""

    fixed: Set[str]
    state: Mapping[str, float]
    shifted: bool
    totals: bool
    rests: list[Formula] = field(default_factory=list)  # of totals
    symbols: dict[Formula, Any] = field(default_factory=dict)
    known: dict[Any, Formula] = field(default_factory=dict)  # what each symbol stands for

    def parts(self, law: Formula) -> tuple[Formula, Formula] | None:
        import sympy

        terms = self.terms(self.symbolic(law))
        if terms is None:
            return None
        forward, backward = [], []
        for term in sympy.Add.make_args(sympy.Add(*terms)):
            if term.is_nonnegative:
                forward.append(term)
            elif term.is_nonpositive:
                backward.append(-term)
            else:
                return None
        first, second = (self.formula(sympy.factor_terms(sympy.Add(*side))) for side in (forward, backward))
        return first, second

    def terms(self, expression: Any) -> list[Any] | None:
        """Summands of one sign each; None where some sign is not known, or there are too many."""
        if expression.is_nonnegative or expression.is_nonpositive:
            return [expression]
        if expression.is_Add:
            return self.joined(expression.args)
        if expression.is_Mul:
            for factor in expression.args:
                if factor.is_nonnegative or factor.is_nonpositive:
                    continue
                base, power = factor.as_base_exp()
                if not base.is_Add or not power.is_Integer or power < 1:
                    return None
                rest = expression / base
                return self.joined([rest * summand for summand in base.args])
        base, power = expression.as_base_exp()
        if base.is_Add and power.is_Integer and power > 1:
            return self.joined([base ** (power - 1) * summand for summand in base.args])
        return None

    def joined(self, summands: Sequence[Any]) -> list[Any] | None:
        found: list[Any] = []
        for summand in summands:
            more = self.terms(summand)
            if more is None or len(found) + len(more) > MOST_TERMS:
                return None
            found += more
        return found

    def atom(self, formula: Formula, **sign: bool) -> Any:
        """The symbol that stands for a formula."""
        import sympy

        if formula not in self.symbols:
            symbol = self.symbols[formula] = sympy.Dummy(**(sign or {"real": True}))
            self.known[symbol] = formula
        return self.symbols[formula]

    def symbolic(self, formula: Formula) -> Any:
        import sympy

        match formula:
            case Number(value):
                if abs(value) <= LARGEST_INTEGER and value == int(value):
                    return sympy.Integer(int(value))
                return self.atom(formula, positive=True) if value > 0 else -self.atom(Number(-value), positive=True)
            case Name(name):
                if name in self.fixed and self.state[name] < 0:
                    return self.atom(formula, negative=True)
                return self.atom(formula, positive=True)
            case Call("sub", (Name(), Number(value))) if self.shifted and value > 0 and value == int(value):
                return self.atom(formula, nonnegative=True)
            case Call("sub", (Number(value), rest)) if self.totals and value > 0 and self.symbolic(rest).is_nonnegative:
                with np.errstate(all="ignore"):
                    if not float(evaluate(formula, self.state)) >= 0.0:
                        return self.symbolic(Number(value)) - self.symbolic(rest)
                self.rests.append(formula)
                return self.atom(formula, positive=True)
            case Call("neg", (inner,)):
                return -self.symbolic(inner)
            case Call("add", (left, right)):
                return self.symbolic(left) + self.symbolic(right)
            case Call("sub", (left, right)):
                return self.symbolic(left) - self.symbolic(right)
            case Call("mul", (left, right)):
                return self.symbolic(left) * self.symbolic(right)
            case Call("div", (left, right)):
                below = self.symbolic(right)
                if (
                    below.is_Add and not below.is_nonnegative
                ):  # (1 + a) (1 + b) + (1 + c) (1 + d) - 1 is a sum without a minus
                    below = sympy.expand(below)
                return self.symbolic(left) / below if below != 0 else self.atom(formula)
            case Call("pow" | "sqrt", (base, *exponent)):
                below = self.symbolic(base)
                power = self.symbolic(exponent[0]) if exponent else sympy.Rational(1, 2)
                if below.is_positive or (power.is_Integer and power >= 0 and abs(power) <= LARGEST_INTEGER):
                    return below**power
                return self.atom(formula, nonnegative=True) if below.is_nonnegative else self.atom(formula)
            case Call("select", (_, *ways)) | Call("min", ways):
                signs = [self.symbolic(way).is_nonnegative for way in ways]
                return self.atom(formula, nonnegative=True) if all(signs) else self.atom(formula)
            case Call("max", ways):
                signs = [self.symbolic(way).is_nonnegative for way in ways]
                return self.atom(formula, nonnegative=True) if any(signs) else self.atom(formula)
            case Call(operator, _) if operator in ALWAYS_POSITIVE:
                return self.atom(formula, positive=True)
            case Call(operator, _) if operator in NEVER_NEGATIVE:
                return self.atom(formula, nonnegative=True)
            case Call(operator, (inner,)) if operator in KEEPS_SIGN and self.symbolic(inner).is_nonnegative:
                return self.atom(formula, nonnegative=True)
        return self.atom(formula)

    def formula(self, expression: Any) -> Formula:
        """Back to our formulas."""
        if expression in self.known:
            return self.known[expression]
        if expression.is_Rational:
            return Number(float(expression))
        if expression.is_Add:
            first, *others = sorted(expression.args, key=lambda summand: summand.could_extract_minus_sign())
            found = self.formula(first)
            for summand in others:
                less = summand.could_extract_minus_sign()
                found = Call("sub" if less else "add", (found, self.formula(-summand if less else summand)))
            return found
        if expression.is_Mul:
            above, below = Number(1.0), Number(1.0)
            for factor in sorted(expression.args, key=lambda f: not isinstance(self.known.get(f, f), Number)):
                base, power = factor.as_base_exp()
                if power.could_extract_minus_sign():
                    below = _times(below, self.formula(base**-power))
                else:
                    above = _times(above, self.formula(factor))
            return above if below == Number(1.0) else Call("div", (above, below))
        base, power = expression.as_base_exp()
        if power.could_extract_minus_sign():
            return Call("div", (Number(1.0), self.formula(base**-power)))
        if power == 0.5:
            return Call("sqrt", (self.formula(base),))
        return Call("pow", (self.formula(base), self.formula(power)))


def _times(left: Formula, right: Formula) -> Formula:
    """The product, folded where both are numbers and plain where one is 1."""
    match left, right:
        case Number(a), Number(b):
            return Number(a * b)
        case (Number(1.0), other) | (other, Number(1.0)):
            return other
    return Call("mul", (left, right))
