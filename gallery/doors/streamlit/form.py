"""The form of a tab in Streamlit: a control for each kind of input."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from gallery.components import file_props, picture_props, play_props, point_props, sketch_props
from gallery.doors.streamlit.parts import component
from gallery.engine import words
from gallery.fields import Choice, Field, File, Image, Number, Point, Seed, Sketch, TableEditor, TextField, Toggle
from gallery.inputs import fields
from gallery.page import Tab
from gallery.text import Lang

__all__ = ["controls", "remember", "set_point"]

LOG_STEPS = 60  # positions of a logarithmic slider


def controls(slug: str, tab: type[Tab], lang: Lang) -> Iterator[tuple[str, Any]]:
    """Draw the controls; yields (name, raw value). Hidden ones keep their value."""
    inputs = st.session_state.get(f"{slug}/{tab.slug}/values") or tab()
    number = st.session_state.get(f"{slug}/{tab.slug}/round", 0)
    kept = f"{tab.slug}/{st.session_state.get(f'{slug}/{tab.slug}/anew', 0)}"
    raw: dict[str, Any] = {}
    for name, field in fields(tab).items():
        value = getattr(inputs, name)
        others = {**{n: getattr(inputs, n) for n in fields(tab)}, **raw}
        if isinstance(field, Choice):
            value = field.nearest(value, others)
        if field.visible(others):
            with st.container(key=f"g-in-{name}"):
                raw[name] = _control(f"{slug}/{tab.slug}/{number}/{name}", field, value, lang, others, f"{kept}/{name}")
        else:
            raw[name] = value
        yield name, raw[name]


def remember(slug: str, tab: type[Tab], inputs: Tab, anew: bool = True) -> None:
    """Make ``inputs`` the state of the tab's controls; ``anew``: also in place of what the reader has uploaded."""
    if anew:
        anew_ = f"{slug}/{tab.slug}/anew"
        st.session_state[anew_] = st.session_state.get(anew_, 0) + 1
    st.session_state[f"{slug}/{tab.slug}/values"] = inputs
    round_ = f"{slug}/{tab.slug}/round"
    st.session_state[round_] = st.session_state.get(round_, 0) + 1
    st.session_state.pop(f"{slug}/{tab.slug}/out", None)


def set_point(slug: str, tab: type[Tab], name: str, value: Any) -> None:
    """Make ``value`` the state of the point input ``name``, whose two numbers stand in the form."""
    number = st.session_state.get(f"{slug}/{tab.slug}/round", 0)
    for axis, coordinate in enumerate(value):
        st.session_state[f"{slug}/{tab.slug}/{number}/{name}/{axis}"] = float(coordinate)


def _control(key: str, field: Field, value: Any, lang: Lang, others: Mapping[str, Any], kept: str) -> Any:
    label, help_ = field.label(lang), field.help(lang) if field.help else None
    match field:
        case Number():
            return _slider(key, field, value, f"{label} ({field.unit})" if field.unit.isalpha() else label, help_, lang)
        case Choice():
            few = len(field.options) <= 3
            widget = st.radio if few else st.selectbox
            there = field.available(others)
            key = f"{key}/{lang}/{len(there)}"  # the framework knows an option by its words: others, another control
            if st.session_state.get(key) not in there:
                st.session_state[key] = value
            return widget(label, there, format_func=lambda v: field.options[v](lang), key=key, help=help_)
        case Toggle():
            st.session_state.setdefault(key, value)
            return st.toggle(label, key=key, help=help_)
        case Seed():
            st.session_state.setdefault(key, value)
            box, dice = st.columns([0.68, 0.32], vertical_alignment="bottom")
            dice.button(
                words.ROLL(lang), key=f"{key}/dice", help=words.DICE(lang), on_click=_roll, args=(key,), width="stretch"
            )
            return box.number_input(label, 0, Seed.maximum, step=1, key=key)
        case TextField():
            st.session_state.setdefault(key, value)
            widget = st.text_input if field.lines == 1 else partial(st.text_area, height=36 + 26 * field.lines)
            typed = widget(label, key=key, max_chars=field.max_length, help=help_)
            if field.examples:
                st.pills(
                    words.EXAMPLE(lang), field.examples, key=f"{key}/example", on_change=_take_example, args=(key,),
                    format_func=_as_it_is,
                )  # fmt: skip
            return typed
        case Image():
            return _image(key, field, value, label, lang, kept)
        case Sketch():
            st.caption(label)
            drawn = component("sketch")(
                data=sketch_props(field, value, lang), key=key, on_value_change=lambda: None
            ).value
            return drawn or value
        case Point(in_picture=True):
            return _pair(key, field, value, label)
        case Point():
            st.caption(label)
            picked = component("point")(
                data=point_props(field, value, lang), key=key, on_value_change=lambda: None
            ).value
            return picked or value
        case TableEditor():
            return _table(key, field, value, label, help_, lang)
        case File():
            return _file(key, field, value, label, lang, kept)
    raise TypeError(f"no control for {type(field).__name__}")


def _slider(key: str, field: Number, value: Any, label: str, help_: str | None, lang: Lang) -> Any:
    st.session_state.setdefault(key, value)
    if field.log:
        # The value of a link may lie between the positions; it stays one of them as long as these controls stand.
        anchor = st.session_state.setdefault(f"{key}/anchor", value)
        spaced = np.geomspace(field.minimum, field.maximum, LOG_STEPS + 1)
        rounded = [round(v) if field.whole else float(f"{v:.3g}") for v in spaced]
        inside = {v for v in rounded if field.minimum <= v <= field.maximum}
        return st.select_slider(label, sorted(inside | {anchor, field.minimum, field.maximum}), key=key, help=help_)
    kind = int if field.whole else float
    bounds = kind(field.minimum), kind(field.maximum)
    number = st.slider(label, *bounds, step=kind(field.grain), key=key, help=help_)
    if field.play:
        component("play")(
            data=play_props(field, number, lang), key=f"{key}/play", on_value_change=partial(_played, key, kind)
        )
    return number


def _image(key: str, field: Image, value: Any, label: str, lang: Lang, kept: str) -> Any:
    st.caption(label)
    chosen = component("picture")(
        data=picture_props(field, value, lang, kept),
        key=f"{key}/{lang}",
        on_value_change=lambda: None,
    ).value
    return value if chosen is None else chosen


def _file(key: str, field: File, value: Any, label: str, lang: Lang, kept: str) -> Any:
    st.caption(label)
    chosen = component("file")(
        data=file_props(field, value, lang, kept),
        key=f"{key}/{lang}",
        on_value_change=lambda: None,
    ).value
    return value if chosen is None else chosen


def _table(key: str, field: TableEditor, value: Any, label: str, help_: str | None, lang: Lang) -> Any:
    import pandas as pd

    rows = st.session_state.setdefault(f"{key}/rows", value)
    frame = pd.DataFrame([dict(row) for row in rows], columns=[c.name for c in field.columns])
    settings = {}
    for column in field.columns:
        if column.number:
            frame[column.name] = frame[column.name].astype(float)
            settings[column.name] = st.column_config.NumberColumn(column.label(lang))
        else:
            frame[column.name] = frame[column.name].astype(str)
            settings[column.name] = st.column_config.TextColumn(column.label(lang), max_chars=column.max_length)
    st.caption(label, help=help_)
    edited = st.data_editor(
        frame, num_rows="dynamic", column_config=settings, hide_index=True, key=key, width="stretch"
    )
    records = edited.astype(object).where(edited.notna(), None).to_dict("records")
    return [{str(k): v for k, v in record.items()} for record in records]


def _played(key: str, kind: type) -> None:
    """The player has moved on: the slider follows."""
    st.session_state[key] = kind(st.session_state[f"{key}/play"]["value"])


def _pair(key: str, field: Point, value: Any, label: str) -> tuple[Any, Any]:
    """A point that is dragged in the picture: here only its two numbers."""
    st.caption(label)
    boxes = st.columns(2)
    numbers = []
    for axis, (box, (low, high), number) in enumerate(zip(boxes, (field.x_range, field.y_range), value, strict=True)):
        st.session_state.setdefault(f"{key}/{axis}", float(number))
        numbers.append(
            box.number_input(
                "xy"[axis],
                float(low),
                float(high),
                step=(high - low) / 100,
                format="%.4g",
                key=f"{key}/{axis}",
                label_visibility="collapsed",
            )
        )
    return numbers[0], numbers[1]


def _roll(key: str) -> None:
    st.session_state[key] = secrets.randbelow(1_000_000)


def _as_it_is(text: str) -> str:
    """A text whose signs Streamlit shall not take for Markdown, as in 2*u*v."""
    return re.sub(r"([\\`*_~:$\[\]<>])", r"\\\1", text)


def _take_example(key: str) -> None:
    if st.session_state[f"{key}/example"]:
        st.session_state[key] = st.session_state[f"{key}/example"]
