"""Plans of poems: what may stand at each place of a regulated form, or of a ci to a tune."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.refusal import Refusal
from core.text.prosody import REGULAR, lines_of, meters, readings
from core.text.tokenizer import is_han
from core.text.tunes import TUNES, Tune

__all__ = ["Slot", "fitting", "plan", "tune_of"]


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a form: a ``given`` character or mark, else any Chinese character of ``tone`` (平, 仄 or 中 for either).

    ``rhymes`` marks the ends of rhyming lines.
    """

    given: str = ""
    tone: str = "中"
    rhymes: bool = False


def tune_of(title: str) -> Tune | None:
    """The tune that a ci's title names (what stands before a dot or a bracket), when its pattern is known."""
    return TUNES.get(re.split(r"[·・（]", title)[0])


def fitting(form: str, heads: int) -> str:
    """The regulated form with lines as long as those of ``form`` and at least ``heads`` of them; ``form`` where none has so many."""
    length, count = REGULAR[form]
    longer = [name for name, (n, lines) in REGULAR.items() if n == length and lines >= heads]
    return form if heads <= count or not longer else longer[0]


def plan(
    form: str, heads: str = "", beginning: str = "", metrical: bool = False, choice: int = 0, tune: Tune | None = None
) -> list[Slot]:
    """The places of a regulated poem, or of a ci to ``tune``, punctuation included.

    ``heads`` open its lines (fewer than lines: the first ones), ``beginning`` fills places from the first; both are Chinese
    characters. ``metrical`` lays the tone pattern over it that contradicts the given characters least (``choice`` decides
    among equals); a ci has none here. Raises Refusal that names what does not fit.
    """
    if form not in REGULAR and tune is None:
        known = "、".join(REGULAR)
        raise Refusal(
            f"只有 {known} 有可守的格律", f"only {known} have a form that can be held", input="form", value=form
        )
    lines = tune.lines if tune else _regular_lines(form)
    heads, start = ("".join(lines_of(text)) for text in (heads, beginning))
    for name, text in (("heads", heads), ("beginning", start)):
        if not all(map(is_han, text)):
            raise Refusal("只能是汉字", "only Chinese characters", input=name, value=text)
    if len(heads) > len(lines):
        longer = fitting(form, len(heads)) if form in REGULAR else form
        zh, en = (f"；可用 {longer}", f"; {longer} has room") if longer != form else ("", "")
        raise Refusal(
            f"{form}只有 {len(lines)} 句{zh}", f"{form} has {len(lines)} lines{en}", input="heads", value=heads
        )
    most = sum(size for size, _ in lines)
    if len(start) > most:
        raise Refusal(f"{form}最多 {most} 个字", f"at most {most} characters in {form}", input="beginning", value=start)
    places = [(i, j) for i, (size, _) in enumerate(lines) for j in range(size)]
    given = dict(zip(places, start, strict=False))
    for line, head in enumerate(heads):
        if (there := given.setdefault((line, 0), head)) != head:
            raise Refusal(
                f"第 {line + 1} 句已以「{there}」开头",
                f"line {line + 1} begins with {there} already",
                input="heads",
                value=heads,
            )
    meter = None
    if metrical and form in REGULAR:
        clashes = [sum(not _fits(c, m.lines[i][j]) for (i, j), c in given.items()) for m in meters(form)]
        best = [m for m, n in zip(meters(form), clashes, strict=True) if n == min(clashes)]
        meter = best[choice % len(best)]
    slots = []
    for i, (size, mark) in enumerate(lines):
        for j in range(size):
            ends = meter is not None and j == size - 1 and i in meter.rhyming
            slots.append(Slot(given.get((i, j), ""), meter.lines[i][j] if meter else "中", ends))
        slots.append(Slot(mark))
    return slots


def _regular_lines(form: str) -> tuple[tuple[int, str], ...]:
    length, count = REGULAR[form]
    return tuple((length, "，" if i % 2 == 0 else "。") for i in range(count))


def _fits(character: str, wanted: str) -> bool:
    tones = {"平" if r.tone == "平" else "仄" for r in readings(character)}
    return wanted == "中" or not tones or wanted in tones
