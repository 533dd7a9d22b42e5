"""Page: one post made playable, declared once.

From this declaration come the Streamlit page, the Gradio page, the HTTP API and MCP tool, the permalink, the command
line, the screenshots and the contract tests. A page holds texts and tabs; its mathematics lives in core/.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from core.checks import Check
from core.progress import Progress
from gallery.inputs import Inputs
from gallery.outputs import Slot
from gallery.text import LANGUAGES, Lang, Say, Text, t

__all__ = ["LANGUAGES", "Lang", "Page", "Post", "Progress", "Say", "Tab", "Text", "Try", "t"]

POST_ADDRESS = "https://kexue.fm/archives/{}"


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
class Try:
    """Something worth doing: ``label`` says in one sentence what is set and what to watch.

    ``inputs`` differ from the tab's defaults; ``holds(result)`` is the claim that the label makes, asserted by the
    contract tests on the (last) result of ``compute``.
    """

    label: Text
    inputs: Mapping[str, Any]
    holds: Callable[[Any], bool]


class Tab(Inputs):
    """One question with its inputs and its answer. A subclass declares its inputs as fields, and beside them:

    label, question : what the tab is called, and the question that it answers in one sentence.
    outputs : the slots in the order shown. The first is the picture: it stands large beside the controls.
    tries : two or three things worth doing, shown as buttons under the question.
    budget : the largest ``cost()`` a visitor may ask for.
    live : run at once when an input changes; False shows a Run button (work of more than about a second).
    slug : from the class's name (``PhasePlane`` is ``phase-plane``) unless given.

    A tab keeps no state: the same inputs give the same result, on any machine.
    """

    slug: ClassVar[str]
    label: ClassVar[Text]
    question: ClassVar[Text]
    outputs: ClassVar[tuple[Slot, ...]]
    tries: ClassVar[tuple[Try, ...]] = ()
    budget: ClassVar[float] = 1.0
    live: ClassVar[bool] = True

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)
        if "slug" not in cls.__dict__:
            cls.slug = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()
        taken = sorted(set(cls.model_fields) & set(dir(Tab)))
        if taken:
            raise TypeError(f"{cls.__name__}: an input may not be called {', '.join(taken)}: a tab has that itself")

    def cost(self) -> float:
        """Counted work of these inputs (events, steps, n² …); over all bounds at most ``budget``."""
        return 0.0

    def gpu_seconds(self) -> float:
        """About how long these inputs take on a GPU that is lent by the second; 0 where the CPU does as well, or is needed.

        Only work that follows :func:`core.device.device` can gain.
        """
        return 0.0

    def fetch(self) -> Iterator[Progress]:
        """Bring what these inputs need from the network, if anything; runs before the tab stands in line to compute.

        A slot is never held while a network is waited for, so ``compute`` finds here what it needs. Progress with a label
        also tells a reader why ``compute`` will take longer than usual; the label stays until something else is told.
        """
        yield from ()

    def compute(self) -> Any | Iterator[Any]:
        """The result: frozen, picklable, without a word of any language. Calls ``core`` and nothing else.

        Work that streams returns the iterator that core gives (and is annotated ``Iterator[…]``): each item is a whole
        result, or :class:`Progress`. Import the model inside, so that the index loads without it.
        """
        raise NotImplementedError

    def progress(self, result: Any) -> float | None:
        """How far a stream has come that gave ``result``, in [0, 1]; None shows no bar."""
        return None

    def show(self, result: Any, say: Say) -> Mapping[str, Any]:
        """Every slot's value by name: figures, words, rounding. Computes nothing that a reader would call mathematics."""
        raise NotImplementedError

    @classmethod
    def slot(cls, name: str) -> Slot:
        """The slot called ``name``; KeyError when the tab declares none."""
        for slot in cls.outputs:
            if slot.name == name:
                return slot
        raise KeyError(f"tab {cls.slug!r} declares no output {name!r}; it has {[s.name for s in cls.outputs]}")


@dataclass(frozen=True, slots=True)
class Page:
    """A page: ``title``, one-sentence ``summary``, the ``post`` and two to seven ``tabs``, the first of them first.

    ``weights`` names folders of assets/weights. ``added`` orders the front page, newest first; ``striking`` lifts a
    page before its date (0 none, larger first). ``cover`` are inputs of the first tab whose films, side by side, are the
    page's picture on the front page. The slug and the family come from where the file stands, the facts of Verify from
    ``core.<family>.<page>``; ``checks`` gives them where a page has no such module.
    """

    title: Text
    summary: Text
    post: Post
    tabs: tuple[type[Tab], ...]
    added: datetime.date
    weights: tuple[str, ...] = ()
    striking: int = 0
    cover: tuple[Mapping[str, Any], ...] = ()
    checks: Callable[[], Iterable[Check]] | None = None

    def tab(self, slug: str) -> type[Tab]:
        """The tab called ``slug``; KeyError when the page has none."""
        for tab in self.tabs:
            if tab.slug == slug:
                return tab
        raise KeyError(f"no tab {slug!r}; this page has {', '.join(tab.slug for tab in self.tabs)}")
