"""Writing: forms that hold, drafts that depend on (seed, number) alone, clear refusals."""

from __future__ import annotations

import pytest
import torch

from core.text.gpt2 import GPT2, Config
from core.text.library import verse_model
from core.text.prosody import REGULAR, examine, lines_of
from core.text.reading import attention, candidates, read, strip_unknown
from core.text.sampling import Sampling, draw, penalised, probabilities
from core.text.writing import Wish, plan, write


def last(wish: Wish, model: GPT2 | None = None) -> tuple[str, ...]:
    own, tokenizer = verse_model()
    *_, draft = write(model or own, tokenizer, wish)
    assert all(draft.done)
    return draft.texts


@pytest.mark.parametrize("form", REGULAR)
@pytest.mark.parametrize("seed", range(3))
def test_the_metre_holds_even_for_random_weights(form: str, seed: int) -> None:
    """It is in what may be drawn: rhyme, tones, number and length of lines hold for a model that knows nothing."""
    own, _ = verse_model()
    torch.manual_seed(seed)
    for text in last(
        Wish(form, metrical=True, seed=seed, count=4), GPT2(Config(own.config.vocabulary, 32, 1, 2, 256)).eval()
    ):
        report = examine(text, form)
        assert report.form_right and report.rhyme_right and report.in_tone == 1


@pytest.mark.parametrize("heads", ["科学空间", "春", "平安喜乐万事如意"])
def test_an_acrostic_begins_its_lines(heads: str) -> None:
    for text in last(Wish("五律", heads=heads, seed=1)):
        assert "".join(line[0] for line in lines_of(text)).startswith(heads)


def test_a_beginning_stays() -> None:
    for metrical in (False, True):
        assert all(text.startswith("床前") for text in last(Wish("五绝", beginning="床前", metrical=metrical)))
    assert all(text.startswith("却说") for text in last(Wish("小说", beginning="却说", longest=30)))


def test_a_draft_depends_on_seed_and_number_alone() -> None:
    two, four = last(Wish("七绝", count=2, seed=9)), last(Wish("七绝", count=4, seed=9))
    assert four[:2] == two and len(set(four)) == 4
    assert last(Wish("七绝", count=2, seed=10)) != two


def test_temperature_zero_is_the_likeliest_text() -> None:
    greedy = last(Wish("五绝", beginning="春", count=2, sampling=Sampling(0.0)))
    assert greedy[0] == greedy[1] == last(Wish("五绝", beginning="春", count=1, sampling=Sampling(0.0), seed=5))[0]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish("六绝"), "form = 六绝"), (Wish("五绝", heads="一二三四五"), "heads = 一二三四五: at most 4"), (Wish("词", strict=True), "form = 词"),
        (Wish("五绝", heads="春a"), "heads"), (Wish("五绝", beginning="春眠", heads="夏"), "line 1 begins with 春 already"),
        (Wish("小说", beginning="Ω"), "beginning: not in the vocabulary: Ω"), (Wish("小说", beginning="春" * 40, longest=20), "beginning: 40 characters"),
    ],
)  # fmt: skip
def test_refusals_name_the_field(wish: Wish, said: str) -> None:
    with pytest.raises(ValueError, match=said.split(":")[0]) as caught:
        last(wish)
    assert said in str(caught.value)


def test_a_plan_has_the_marks_in_their_places() -> None:
    slots = plan("五绝", heads="春夏", metrical=True)
    assert [k for k, slot in enumerate(slots) if slot.given in ("，", "。")] == [5, 11, 17, 23]
    assert slots[0].given == "春" and slots[6].given == "夏"


def test_the_penalty_and_its_bounds() -> None:
    logits = torch.tensor([[2.0, -2.0, 1.0]])
    assert penalised(logits, torch.tensor([[0, 1]]), 2.0).tolist() == [[1.0, -4.0, 1.0]]
    assert penalised(logits, torch.zeros(1, 0, dtype=torch.long), 2.0) is logits
    for wrong in (
        {"temperature": -1},
        {"top_k": -1},
        {"top_p": 0.0},
        {"top_p": 1.5},
        {"penalty": 0.5},
        {"temperature": float("nan")},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Sampling(**wrong)


def test_nothing_allowed_is_an_error() -> None:
    with pytest.raises(ValueError, match="allowed"):
        probabilities(torch.zeros(1, 3), Sampling(), torch.zeros(3, dtype=torch.bool))


def test_a_draw_never_takes_what_has_no_mass() -> None:
    p = torch.tensor([[0.0, 0.3, 0.0, 0.7, 0.0]])
    u = torch.tensor([0.0, 0.29999, 0.30001, 0.999999999])
    assert draw(p.expand(4, -1), u).tolist() == [1, 1, 3, 3]


def test_a_text_judged_and_its_next_character() -> None:
    model, tokenizer = verse_model()
    text = "白日依山尽，黄河入海"
    reading = read(model, tokenizer, "五绝", text + "流")
    found = candidates(model, tokenizer, "五绝", text, Sampling(), count=50)
    k = found.characters.index("流")  # the model expects it among the first
    assert reading.bits[len(text)] == pytest.approx(
        -torch.tensor(found.p[k]).log2().item(), abs=0.02
    )  # marks cannot be written
    assert found.mass == pytest.approx(1, abs=1e-5)
    names, weights = attention(model, tokenizer, "五绝", text)
    assert names[0] == "[五绝]" and weights.shape[-1] == len(names) == len(text) + 2


def test_what_cannot_be_read_is_named() -> None:
    model, tokenizer = verse_model()
    assert strip_unknown(tokenizer, "山😀") == ("山", ("😀",))
    for text, said in (
        ("", "text: nothing"),
        ("山" * 300, "text: 300 characters"),
        ("😀", "text: not in the vocabulary"),
    ):
        with pytest.raises(ValueError, match=said):
            read(model, tokenizer, "五绝", text)
