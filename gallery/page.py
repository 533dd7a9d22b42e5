"""Page: one post made playable, declared once.

From this declaration come the Streamlit page, the Gradio page, the HTTP API and MCP tool, the permalink, the command
line, the screenshots and the contract tests. A page holds texts, inputs and tabs; its mathematics lives in core/.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from core.checks import Check
from gallery.inputs import Inputs
from gallery.outputs import Progress, Slot
from gallery.text import LANGUAGES, Lang, Text, t

__all__ = ["LANGUAGES", "Lang", "Page", "Post", "Tab", "Text", "Update", "t"]

POST_ADDRESS = "https://kexue.fm/archives/{}"

Update = Mapping[str, Any] | Progress
"""What a tab gives: values by slot name (slots left out stay as they are), or how far the work has come."""

InputsT = TypeVar("InputsT", bound=Inputs)


@dataclass(frozen=True, slots=True)
class Post:
    """The blog post behind a page.

    ``story`` is Markdown with LaTeX ($…$, $$…$$) in our own words: the question, the formulas that matter.
    ``changes`` says what differs from the original and why.
    """

    id: int
    title: Text
    date: datetime.date
    story: Text
    changes: Text
    papers: tuple[tuple[str, str], ...] = ()

    @property
    def address(self) -> str:
        """Where the post stands."""
        return POST_ADDRESS.format(self.id)


@dataclass(frozen=True, slots=True)
class Tab(Generic[InputsT]):
    """One question with its inputs and its answer.

    Parameters
    ----------
    slug : lower-case words joined by hyphens, unique on the page.
    title, question : what the tab is called, and the question that it answers in one sentence.
    inputs : an :class:`~gallery.inputs.Inputs` model.
    outputs : the slots in the order shown. The first is the picture: it stands large beside the controls.
    run : ``run(inputs, lang)`` gives one mapping of slot name to value, or yields several (and ``Progress``).
        It must not keep state: the same inputs give the same outputs. Import the model inside.
    code : the 5-15 lines that reproduce the picture with ``core`` alone; ``code(inputs)`` fills the inputs in.
    cost : counted work of these inputs (events, steps, n² …); the largest over all bounds is at most ``budget``.
    budget : the largest ``cost`` a visitor may ask for.
    live : run at once when an input changes; False shows a Run button (work of more than about a second).
    """

    slug: str
    title: Text
    question: Text
    inputs: type[InputsT]
    outputs: tuple[Slot, ...]
    run: Callable[[InputsT, Lang], Mapping[str, Any] | Iterator[Update]]
    code: Callable[[InputsT], str]
    cost: Callable[[InputsT], float]
    budget: float
    live: bool = True

    def slot(self, name: str) -> Slot:
        """The slot called ``name``; KeyError when the tab declares none."""
        for slot in self.outputs:
            if slot.name == name:
                return slot
        raise KeyError(f"tab {self.slug!r} declares no output {name!r}; it has {[s.name for s in self.outputs]}")


@dataclass(frozen=True, slots=True)
class Page:
    """A page: ``title``, one-sentence ``summary``, the ``post``, two to five ``tabs`` and the model's ``checks``.

    ``weights`` names folders of assets/weights. ``added`` orders the front page, newest first; ``striking`` lifts a
    page before its date (0 none, larger first). ``cover`` are inputs of the first tab whose films, side by side, are the
    page's picture on the front page. The slug and the family come from where the file stands.
    """

    title: Text
    summary: Text
    post: Post
    tabs: tuple[Tab[Any], ...]
    checks: Callable[[], Iterable[Check]]
    added: datetime.date
    weights: tuple[str, ...] = ()
    striking: int = 0
    cover: tuple[Mapping[str, Any], ...] = ()

    def tab(self, slug: str) -> Tab[Any]:
        """The tab called ``slug``; KeyError when the page has none."""
        for tab in self.tabs:
            if tab.slug == slug:
                return tab
        raise KeyError(f"no tab {slug!r}; this page has {', '.join(tab.slug for tab in self.tabs)}")
