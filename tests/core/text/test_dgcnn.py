"""The reader: its facts hold and fail on broken copies; what is asked of it with any text."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.refusal import Refusal
from core.text.dgcnn import decoding, matching, network, questions, texts, verification
from core.text.dgcnn.baselines import best_sentence, best_stretch, length_shares
from core.text.dgcnn.decoding import Span, best_span, spans
from core.text.dgcnn.examples import EXAMPLES, RIVALS
from core.text.dgcnn.network import DGCNN, AttentionPool, GatedBlock, Reading, focal
from core.text.dgcnn.questions import ask, gates, reader, ruler, tally, vote
from core.text.dgcnn.texts import encode, exact, f1, prepared, sentences, units
from core.text.dgcnn.verification import checks
from tests.facts import failed, unnoticed

PASSAGE, QUERY = EXAMPLES[0].passage, EXAMPLES[0].questions[0][0]


def test_all_facts_hold() -> None:
    assert not failed(checks)


def no_mask(self: GatedBlock, x: Tensor, mask: Tensor) -> Tensor:
    a, g = self.gated(x)
    return torch.lerp(x, a, g)


def swapped(self: GatedBlock, x: Tensor, mask: Tensor) -> Tensor:
    a, g = self.gated(x)
    return torch.lerp(a, x, g) * mask


def all_places(self: AttentionPool, x: Tensor, mask: Tensor) -> Tensor:
    return self.score(torch.tanh(self.inner(x)))[..., 0].softmax(-1)


def starts_alone(self: Reading, use_global: bool = True) -> tuple[Tensor, Tensor]:
    start, end = self.start.sigmoid(), self.end.sigmoid()
    return (start * self.start_any.sigmoid()[:, None], end) if use_global else (start, end)


def swapped_alpha(p: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    return focal(p, target, mask, alpha=0.75)


def over_padding(p: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    return focal(p, target, torch.ones_like(mask))


def one_too_long(text: str, start: np.ndarray, end: np.ndarray) -> list[Span]:
    return spans(text, start, end, longest=13)


def by_character(text: str) -> list[str]:
    return [c for c in text if c.isalnum()]


def shifted(passage: Tensor, question: Tensor, *masks: Any) -> list[Tensor]:
    return [found.roll(1, 1) for found in GRAMS(passage, question, *masks)]


def worth_alike(
    passage: Tensor, question: Tensor, passage_mask: Tensor, question_mask: Tensor, rarity: Tensor
) -> Tensor:
    return matching.matches(passage, question, passage_mask, question_mask, torch.ones_like(rarity))


GRAMS = matching.grams
BROKEN: dict[str, tuple[Any, str, Any, tuple[str, ...]]] = {
    "the mask forgotten in the blocks": (GatedBlock, "forward", no_mask, ("change of the outputs by padding",)),
    "gate and its complement swapped": (GatedBlock, "forward", swapped, ("gated block by hand", "F1 on the page's own")),
    "attention over padding": (AttentionPool, "weights", all_places, ("attention pool of two", "change of the outputs by padding")),
    "p_global on starts alone": (Reading, "probabilities", starts_alone, ("ends: p = p_global",)),
    "alpha on the wrong side": (verification, "focal", swapped_alpha, ("focal loss by hand",)),
    "loss averaged over padding": (verification, "focal", over_padding, ("focal loss by hand",)),
    "no 1 in the vote's denominator": (decoding, "RULES", {**decoding.RULES, "smoothed": lambda s: sum(x * x for x in s) / sum(s)}, ("of A in the post's example", "of B in the post's example")),
    "a plain sum for the vote": (decoding, "RULES", {**decoding.RULES, "smoothed": sum}, ("rules that elect another",)),
    "answers one character too long": (verification, "spans", one_too_long, ("best answers that differ",)),
    "numbers marked digit by digit": (texts, "units", by_character, ("F1 of 1986",)),
    "matches one place off": (matching, "grams", shifted, ("runs of one and two",)),
    "rare characters worth no more": (verification, "matches", worth_alike, ("share of the question nearby",)),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_copy_fails_its_check(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, what, broken, facts = BROKEN[name]
    monkeypatch.setattr(where, what, broken)
    assert not unnoticed(checks, *facts)


def changed(change: Callable[[DGCNN], None]) -> Callable[[], Any]:
    """The reader with its network changed."""
    model, words = reader()
    model = copy.deepcopy(model)
    change(model)
    return lambda: (model, words)


def undilated(model: DGCNN) -> None:
    for block in model.passage_blocks:
        assert isinstance(block, GatedBlock)
        block.convolution.dilation, block.convolution.padding = (1,), (1,)


def global_reversed(model: DGCNN) -> None:
    model.any.weight.data.neg_()
    model.any.bias.data.neg_()


def untrained(model: DGCNN) -> None:
    torch.manual_seed(0)
    model.load_state_dict(DGCNN(model.config).state_dict())


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        (undilated, ("receptive field of the passage",)),
        (global_reversed, ("larger p_global on their own",)),
        (untrained, ("F1 on the page's own", "larger p_global on their own")),
    ],
)
def test_a_changed_network_fails(
    change: Callable[[DGCNN], None], facts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "reader", changed(change))
    assert not unnoticed(checks, *facts)


def test_focal_loss_without_gamma_is_cross_entropy() -> None:
    p = torch.tensor([[0.8, 0.3]], dtype=torch.float64)
    target, mask = torch.tensor([[1, 0]]), torch.ones(1, 2)
    found = focal(p, target, mask, alpha=0.5, gamma=0.0)
    assert float(found) == pytest.approx(0.5 * float(torch.nn.functional.binary_cross_entropy(p, target.double())))


def test_no_answer_has_a_score_above_the_vote_of_its_best_passage() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        scores = rng.uniform(size=rng.integers(1, 9)).tolist()
        assert tally([("A", s) for s in scores]).totals["smoothed"]["A"] < max(scores)


def test_equal_answers_share_the_election() -> None:
    assert tally([("甲", 0.5), ("乙", 0.5)]).winners("max") == ("甲", "乙")
    assert tally([("甲", 0.0), ("乙", 0.0)]).agree
    with pytest.raises(Refusal):
        tally([(" ", 0.5)])


def test_spans_keep_the_best_place_and_respect_threshold_and_length() -> None:
    start, end = np.array([0.5, 0.0, 0.9, 0.0]), np.array([0.0, 0.5, 0.0, 0.9])
    assert spans("甲乙甲乙", start, end) == [Span(2, 3, "甲乙", 0.81), Span(0, 3, "甲乙甲乙", 0.45)]
    assert spans("甲乙甲乙", start, end, 0.6) == [Span(2, 3, "甲乙", 0.81)]
    assert spans("甲乙甲乙", start, end, 0.1, 1) == []
    assert best_span(start, end)[:2] == (2, 3)


def test_marks() -> None:
    assert units("光荣和ω-force，4.6米。......") == ["光", "荣", "和", "ω", "force", "4.6", "米"]
    assert exact("《大明历》", ("大明历",)) and not exact("明历", ("大明历",))
    assert f1("明历", ("大明历", "历")) == pytest.approx(0.8)
    assert f1("……", ("大明历",)) == 0


def test_what_needs_no_network() -> None:
    assert sentences("甲。乙！丙") == [(0, 2), (2, 4), (4, 5)]
    begin, end = best_sentence(PASSAGE, "望江楼在哪一年毁于火灾？")
    assert PASSAGE[begin:end].startswith("镇上的望江楼")
    begin, end = best_stretch("首都在北京。河在南边很远的地方。", "首都在哪里？", length_shares(["北京", "上海"]))
    assert "首都在北京。河在南边很远的地方。"[begin:end] == "北京"
    assert best_stretch("，。", "谁？", {}) == (0, 2)


def test_unknown_characters_match_their_like() -> None:
    words = reader()[1]
    pair = encode(words, "😀在😺", "😀呢")
    assert pair.unknown == ("😀", "😺")
    assert pair.passage[0] == pair.question[0] >= len(words) and pair.passage[0] != pair.passage[2]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("漢 字\n\t\uff11\uff19\uff18\uff16", "汉 字 1986"),
        ("\u200b甲\ud800", "甲"),
        ("e\u0301", "é"),
        ("\uff21\uff22，", "AB，"),
    ],
)
def test_texts_are_prepared(given: str, read: str) -> None:
    assert prepared(given) == read


@pytest.mark.parametrize("empty", ["", " \n", "，。！", "😀", "\u200b"])
def test_nothing_to_read_is_refused(empty: str) -> None:
    for passage, query, name in ((empty, QUERY, "passage"), (PASSAGE, empty, "query")):
        for asked in (ask, gates):
            with pytest.raises(Refusal) as refused:
                asked(*reader(), passage, query)
            assert refused.value.input == name
    with pytest.raises(Refusal) as refused:
        vote(*reader(), empty, QUERY)
    assert refused.value.input == "passages"


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "The tower was built in 1906 by Lin.",
        "甲" * 2000,
        "😀望江楼" * 100,
        "祖沖之生於429年。",
        "İ" * 300 + "北京",
    ],
)
def test_any_text_is_read(text: str) -> None:
    found = ask(*reader(), text, "谁在哪一年？", 0.01, 40)
    assert len(found.start) == len(found.passage) == len(found.answer_shades)
    assert np.isfinite(found.start).all() and found.best.text in found.passage
    assert found.converted == ("沖" in text)


def test_answers_in_batches_are_those_alone() -> None:
    """Padding a short passage to a long one's length changes nothing: several passages may be read at once."""
    model, words = reader()
    pairs = [encode(words, example.passage, example.questions[0][0]) for example in EXAMPLES]
    with torch.no_grad():
        together = model(
            texts.padded([p.passage for p in pairs]), texts.padded([p.question for p in pairs])
        ).probabilities()[0]
    for row, example in zip(together, EXAMPLES, strict=True):
        alone = ask(model, words, example.passage, example.questions[0][0]).start
        np.testing.assert_allclose(row[: len(alone)].numpy(), alone, atol=1e-5)


def test_all_that_look_at_the_blocks_pass_through_the_same_ones() -> None:
    """What goes through the blocks one by one, written out, is bit for bit what the network, its vector and the gates give."""
    model, words = reader()
    pair = encode(words, PASSAGE, QUERY)
    passage, question = torch.tensor([pair.passage]), torch.tensor([pair.question])
    with torch.inference_mode():
        asked, mask = model.ask(question), passage != 0
        x = model.enter(passage, question, asked)
        for block in model.passage_blocks:
            x = block(x, mask[:, None].to(x.dtype))
        by_hand = model.leave(x, asked, mask)
        assert all(torch.equal(a, b) for a, b in zip(model(passage, question), by_hand, strict=True))
        vector = model.passage_pool(model.beside(x, asked), mask)
        assert torch.equal(model.pooled(passage, question), vector)
        attention = model.passage_pool.weights(model.beside(x, asked), mask)[0].double().numpy()
    found = gates(model, words, PASSAGE, QUERY)
    assert np.array_equal(found.attention, attention)
    assert found.answer == found.open


@pytest.mark.parametrize(("query", "foreign"), [("Who built the tower?", True), ("1906？", True), (QUERY, False)])
def test_a_question_without_chinese_characters_is_told(query: str, foreign: bool) -> None:
    asked, inside = ask(*reader(), PASSAGE, query), gates(*reader(), PASSAGE, query)
    assert asked.foreign is inside.foreign is vote(*reader(), PASSAGE, query).foreign is foreign


def test_p_global_lowers_and_never_reorders() -> None:
    with_global, without = (ask(*reader(), PASSAGE, QUERY, 0.01, use_global=g) for g in (True, False))
    assert (with_global.start <= without.start).all()
    assert with_global.best.text == without.best.text


def test_the_vote_counts_passages() -> None:
    rivals = RIVALS[1]
    found = vote(*reader(), "\n\n".join(rivals.passages), rivals.question)
    assert len(found.each) == len(rivals.passages) and found.election is not None
    best = max(one.answers[0].score for one in found.each if one.answers)
    assert max(found.election.totals["max"].values()) == pytest.approx(best)
    assert set(found.election.winners("sum")) <= set(found.election.leading)
    assert vote(*reader(), "\n".join(rivals.passages), rivals.question, 0.9999).election is None
    with pytest.raises(Refusal):
        vote(*reader(), "甲\n" * 13, rivals.question)


def test_a_closed_block_hands_its_input_on() -> None:
    as_is, closed = (gates(*reader(), PASSAGE, QUERY, number) for number in (0, 3))
    assert as_is.answer == as_is.open
    assert as_is.answer.score == pytest.approx(ask(*reader(), PASSAGE, QUERY).best.score, abs=1e-6)
    assert closed.moved[2] == 0 and not closed.gates[2].any()
    np.testing.assert_allclose(closed.gates[:2], as_is.gates[:2])
    dropped = gates(*reader(), PASSAGE, QUERY, drop=0.5, seed=1)
    assert not np.allclose(dropped.gates, as_is.gates)


@pytest.mark.parametrize(
    ("dilations", "seen", "reach"),
    [((1, 2, 4, 8, 16, 1), 65, 65), ((1, 2, 1), 9, 9), ((2,) * 6, 13, 25), ((1, 8, 16), 21, 51)],
)
def test_the_ruler_counts_what_the_gradient_sees(dilations: tuple[int, ...], seen: int, reach: int) -> None:
    found = ruler(dilations, 70)
    assert (found.seen, found.reach) == (seen, reach)
    assert found.counts[-1] == seen
    assert found.paths[-1].sum() == 3 ** len(dilations)
    assert found.formula == network.receptive_field(dilations) == found.widths[-1]


def test_measured_figures_are_the_cards() -> None:
    found = questions.measured()
    for source in questions.SETS:
        for measure in ("EM", "F1"):
            others = [found.rate(source, measure, way) for way in questions.WAYS[1:]]
            assert found.rate(source, measure) > max(others)
    with_global, without = (found.curve("answered on another passage", g) for g in (True, False))
    assert all(a <= b for a, b in zip(with_global, without, strict=True))
