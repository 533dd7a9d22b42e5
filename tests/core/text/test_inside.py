"""Inside a GPT-2: guesses by layer and heads switched off, against what they must equal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core.refusal import Refusal
from core.text import inside
from core.text.gpt2 import GPT2, Config
from core.text.gpt2_verification import identities
from core.text.inside import Ablation, Lens, ablate, guesses, lens_logits, switched_off
from core.text.reading import read
from core.text.tokenizer import Tokenizer
from gallery.page import Say
from pages.text.gpt2 import Silence

TEXT = "白日依山尽，黄河入海流。"
TOKENIZER = Tokenizer(("五绝",), tuple("白日依山尽黄河入海流，。"))


def model(block: str = "gpt2_ml") -> GPT2:
    torch.manual_seed(0)
    made = GPT2(Config(len(TOKENIZER), 16, 3, 2, 32, block=block)).eval()  # type: ignore[arg-type]
    with torch.no_grad():
        for p in made.parameters():
            p.add_(0.3 * torch.randn_like(p))
    return made


@pytest.mark.parametrize("block", ["gpt2", "gpt2_ml"])
def test_the_last_guess_is_the_models_and_the_first_is_of_the_embedding(block: str) -> None:
    made = model(block)
    tokens = torch.tensor([[4, 5, 6, 7]])
    logits = lens_logits(made, tokens)
    torch.testing.assert_close(logits[-1], made(tokens))
    h = made.embedding(tokens) + made.positions.weight[:4]
    torch.testing.assert_close(logits[0], made.norm(h) @ made.embedding.weight.T)  # either kind normalises it once
    assert not torch.allclose(logits[1], logits[2], atol=1e-2)


def test_a_text_is_guessed_as_it_is_read() -> None:
    made = model()
    found, reading = guesses(made, TOKENIZER, "五绝", TEXT), read(made, TOKENIZER, "五绝", TEXT)
    np.testing.assert_allclose(found.bits[-1], reading.bits[:-1], atol=1e-4)
    assert found.ranks[-1].tolist() == reading.ranks[:-1].tolist()
    assert (
        found.characters == tuple(TEXT) and len(found.first) == 4 and {len(row) for row in found.first} == {len(TEXT)}
    )


def test_what_a_lens_tells_on_a_hand_case() -> None:
    """Read before 甲乙丙: layer 0 repeats, layer 1 half, layer 2 knows; 丙 is guessed from layer 1 on."""
    first = (("完", "甲", "乙"), ("完", "甲", "丙"), ("甲", "丁", "丙"))
    ranks = np.array([[9, 9, 9], [9, 9, 1], [1, 2, 1]])
    lens = Lens(("甲", "乙", "丙"), first, ranks.astype(float), ranks, ())
    assert lens.repeated.tolist() == [2, 1, 0] and lens.turns == 2
    assert lens.right.tolist() == [0, 1, 2] and lens.settled.tolist() == [2, 2, 1]
    assert Lens(("甲",), (("完",),), ranks[:1, :1] * 1.0, ranks[:1, :1], ()).turns is None


def test_heads_off_are_zeros_in_the_matrix() -> None:
    made = model()
    found = ablate(made, TOKENIZER, "五绝", TEXT)
    np.testing.assert_allclose(found.whole, read(made, TOKENIZER, "五绝", TEXT).bits[:-1], atol=1e-4)
    for layer in range(3):
        for head in range(2):
            silent = model()
            with torch.no_grad():
                silent.blocks[layer].mixed.weight[:, 8 * head : 8 * head + 8] = 0  # type: ignore[union-attr,index]
            without = read(silent, TOKENIZER, "五绝", TEXT).bits[:-1]
            np.testing.assert_allclose(found.bits[layer, head], without, atol=1e-4)
            assert np.abs(without - found.whole).max() > 1e-3


def test_what_an_ablation_tells_on_a_hand_case() -> None:
    found = Ablation(
        ("甲", "乙"), np.array([1.0, 3.0]), np.array([[[2.0, 4.0], [1.0, 1.0]], [[1.0, 6.0], [1.0, 3.0]]]), ()
    )
    assert found.mean == 2 and found.lost.tolist() == [[1.0, -1.0], [1.5, 0.0]]
    assert found.worst == ((2, 1, 1.5), (1, 1, 1.0), (2, 2, 0.0)) and found.better == 1
    assert found.over(2, 1, "甲乙") == 3 and found.over(1, 2, "乙") == -2
    with pytest.raises(ValueError, match="substring"):
        found.over(1, 1, "丙")
    assert found.without(2, 1).tolist() == [0.0, 3.0] and found.hit_most(2, 1) == 1 and found.loss_of(1, 2) == -1.0


def _title(tab: Silence, result: Ablation) -> str:
    shown: Any = tab.show(result, Say("en"))["off"]
    return shown.layout.meta["title"]


def test_the_page_opens_with_the_head_that_is_missed_most() -> None:
    tab = Silence()
    r = tab.compute()
    (layer, head, lost), (_, _, second), *_ = r.worst
    assert (layer, head) == (tab.layer, tab.head)
    assert lost > second + 0.02
    title = _title(tab, r)
    assert "missed most of 24" in title
    assert f"{lost:.2f} more bits" in title
    other = Silence(layer=5, head=3)
    assert f"layer {layer}, head {head}: {lost:.2f}" in _title(other, r)


def test_hooks_are_gone_afterwards_even_where_something_failed() -> None:
    made = model()
    before = made(torch.tensor([[4, 5, 6]]))
    with pytest.raises(RuntimeError), switched_off(made, torch.zeros(1, 3, 2)):
        raise RuntimeError
    torch.testing.assert_close(made(torch.tensor([[4, 5, 6]])), before)


@pytest.mark.parametrize("text", ["", "  ", "🙂"])
def test_nothing_to_read_is_refused(text: str) -> None:
    for what in (guesses, ablate):
        with pytest.raises(Refusal):
            what(model(), TOKENIZER, "五绝", text)


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("GPT-2: the guess read at the last layer", lambda m, t: lens_logits(m, t)[:-1]),
        ("GPT2_ML: one head off", None),
    ],
)
def test_the_checks_catch_a_broken_copy(name: str, broken: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.text import gpt2_verification as verification

    if broken is not None:
        monkeypatch.setattr(verification, "lens_logits", broken)
    else:  # the neighbour is switched off instead
        monkeypatch.setattr(verification, "switched_off", lambda m, keep: inside.switched_off(m, keep.roll(1, 2)))
    found = [check for check in identities() if check.name.startswith(name)]
    assert found and not any(check.passed for check in found)
    monkeypatch.undo()
    assert all(check.passed for check in identities() if check.name.startswith(name))
