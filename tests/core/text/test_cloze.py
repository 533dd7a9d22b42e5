"""The cloze reader: its facts hold, and fail on a broken model or on random weights; words, blanks and refusals."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from core.refusal import Refusal
from core.text.cloze import answers as answers_module
from core.text.cloze import model as model_module
from core.text.cloze import verification
from core.text.cloze.answers import READERS, Answer, answers
from core.text.cloze.model import (
    UNKNOWN,
    ClozeModels,
    Config,
    Question,
    Reader,
    Scores,
    build,
    extended,
    loss,
    merged,
    shares,
)
from core.text.cloze.passages import PASSAGES
from core.text.cloze.record import hand_case, measured
from core.text.cloze.verification import identities, of_weights
from core.text.cloze.views import MOST_SWEPT, compared, filled, lexicon, models, prepared, swept
from core.text.cloze.words import Lexicon, Passage, blanks, separated
from pages.text.cloze import MOST_PLACES, SHOWN
from tests.facts import failed, unnoticed

KNOWN = Lexicon(
    ("小", "猫", "小猫", "喜欢", "鱼", "，", "。"), (10, 9, 8, 7, 6, 20, 20), frozenset({"猫", "小猫", "鱼"})
)
FOX = PASSAGES["fox"]


def test_the_identities_hold() -> None:
    assert not failed(identities)


def test_the_shipped_readers_beat_the_most_frequent_noun() -> None:
    assert not failed(of_weights)


def test_random_weights_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model: ClozeModels = copy.deepcopy(models())
    for reader in model.readers.values():
        for weight in reader.parameters():
            torch.nn.init.normal_(weight, std=0.1)
    monkeypatch.setattr("core.text.cloze.views.models", lambda: model)
    assert not unnoticed(
        of_weights, "that one fills", "that two fills", "one, against the card", "two, against the card"
    )


def _no_mask(scores: Scores) -> Tensor:
    return scores.values.flatten(1).log_softmax(1).unflatten(1, scores.values.shape[1:])


def _sum_of_parts(reader: Reader, table: Tensor, questions: list[Question]) -> Scores:
    scores = RIGHT(reader, table, questions)
    return Scores(2 * scores.values, scores.mask)


def _padding_is_read(self: Reader, x: Tensor, counts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    out, (last, _) = self.lstm(x)
    return out, torch.cat([last[-2], last[-1]], 1), x


def _log_of_the_sum(scores: Scores, target: Tensor) -> Tensor:
    return -(shares(scores) * target).sum((1, 2)).log().mean()


RIGHT = Reader.forward


@pytest.mark.parametrize(
    ("where", "name", "broken", "fact"),
    [
        (model_module, "log_shares", _no_mask, "probabilities over the words sum to 1"),
        (model_module, "log_shares", _no_mask, "a blank at an end"),
        (Reader, "forward", _sum_of_parts, "step by step"),
        (Reader, "states", _padding_is_read, "a padded batch against one at a time, reader one"),
        (Reader, "states", _padding_is_read, "a padded batch against one at a time, reader two"),
        (verification, "loss", _log_of_the_sum, "loss by hand"),
        (verification, "merged", lambda words, p: dict(zip(words, p, strict=True)), "merging by hand"),
    ],
)
def test_a_broken_copy_is_noticed(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, broken: Callable[..., Any], fact: str
) -> None:
    monkeypatch.setattr(where, name, broken)
    assert not unnoticed(identities, fact)


def test_the_loss_by_hand() -> None:
    """Uniform p over n positions gives log n, however often the answer stands."""
    scores = Scores(torch.zeros(1, 2, 3), torch.tensor([[[True, True, True], [True, True, False]]]))
    for many in (1, 2, 3):
        target = torch.zeros(1, 2, 3, dtype=torch.bool)
        target[0, 0, :many] = True
        assert float(loss(scores, target)) == pytest.approx(math.log(5))


def test_the_loss_has_a_finite_gradient_beside_masked_positions() -> None:
    values = torch.randn(1, 2, 3, requires_grad=True)
    scores = Scores(values, torch.tensor([[[True, True, False], [True, False, False]]]))
    loss(scores, torch.tensor([[[False, True, False], [True, False, False]]])).backward()
    assert values.grad is not None
    assert values.grad.isfinite().all()
    assert not values.grad[~scores.mask].any()


def test_merging_adds_the_positions_of_a_word_and_may_change_the_answer() -> None:
    made = Answer(Passage(("A", "B"), ("C", "B")), (0.4, 0.28, 0.04, 0.28))
    assert made.single == "A"
    assert made.merged == "B"
    assert [word for word, _ in made.ranked] == ["B", "A", "C"]
    assert merged(["x", "y"], [0.5, 0.5]) == {"x": 0.5, "y": 0.5}
    for alone, times, turns in ((0.4, 3, True), (0.4, 1, False), (0.6, 3, False), (0.1, 3, False)):
        case = hand_case(alone, times)
        assert case.turns == turns
        assert sum(case.sums.values()) == pytest.approx(1)


@torch.no_grad()
def test_an_empty_part_and_a_single_word() -> None:
    reader = Reader(Config(4, 3)).eval()
    table = torch.randn(6, 4)
    for question in (Question([], [1, 2]), Question([3], []), Question([], [UNKNOWN])):
        p = shares(reader(table, [question]))
        assert float(p.sum()) == pytest.approx(1)
        assert int((p > 0).sum()) == len(question.left) + len(question.right)


def test_the_configurations_are_told_apart() -> None:
    model = build(
        5, {"a": {"vector": 4, "hidden": 3}, "b": {"vector": 4, "hidden": 3, "layers": 2, "match": "vectors"}}
    )
    assert model("b", [Question([1], [2])]).values.shape == (1, 2, 1)
    with pytest.raises(ValueError, match="match"):
        Reader(Config(match="words"))


def test_a_word_outside_the_vocabulary_is_the_mean_of_its_parts_and_can_be_chosen() -> None:
    asked, parts = KNOWN.numbered([Passage(("小鱼", "☃"), ("小鱼", "猫"))])
    assert asked == [Question([8, UNKNOWN], [8, 2])]
    assert parts == [(1, 5)]
    table = torch.randn(8, 4)
    torch.testing.assert_close(extended(table, parts)[8], (table[1] + table[5]) / 2)
    one = filled("阿凡提喜欢吃啵啵糖。" * 2 + "XXXXX是甜的。", 1, "one")
    assert one.text.unknown
    assert all(one.sums[word] > 0 for word in one.text.unknown)


def test_text_is_cut_by_the_likeliest_words_or_by_its_spaces() -> None:
    assert KNOWN.cut("小猫喜欢鱼。") == ["小猫", "喜欢", "鱼", "。"]
    assert KNOWN.cut("ABC12小猫") == ["ABC12", "小猫"]
    assert KNOWN.cut("") == []
    assert separated("小 猫 喜欢 鱼 。") == ["小", "猫", "喜欢", "鱼", "。"]
    assert separated("小猫喜欢鱼。小猫喜欢鱼。 小猫喜欢鱼。") is None
    assert blanks(["小猫", "鱼", "小猫", "喜欢", "喜欢"], KNOWN) == [0, 2]
    assert Lexicon.parse(KNOWN.dump()) == KNOWN


def test_the_baselines_by_hand() -> None:
    words = ("鱼", "猫", "猫", "鱼", "猫")
    assert Passage(words, ("鱼",)).frequent(KNOWN) == "鱼"  # three each: the first
    assert Passage(words, ("小猫", "鱼")).nearest(KNOWN) == "猫"
    assert Passage((), ("喜欢", "。")).nearest(KNOWN) == "喜欢"


def test_the_blank_is_where_the_reader_marks_it_or_goes_round() -> None:
    known = lexicon()
    for mark in ("XXXXX", "___", "（  ）", "()", "□", "[MASK]"):
        one = prepared(f"小猫爱吃鱼，{mark}跳上桌子。小猫真淘气。", 1, known)
        assert one.marked
        assert one.passage.answer == ""
        assert "".join(one.words[: one.blank]) == "小猫爱吃鱼，"
    first, many = prepared(FOX, 1, known), len(prepared(FOX, 1, known).places)
    assert prepared(FOX, many + 1, known).blank == first.blank
    assert prepared(FOX, 2, known).blank != first.blank
    assert prepared(FOX, 2, known).number == 2


@pytest.mark.parametrize(
    "text", ["", "。。。！", "😀😀", "hello world hello", "你好", "小猫___小狗___", "XXXXX", "　\n "]
)
def test_what_cannot_be_a_passage_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        prepared(text, 1, lexicon())
    assert refused.value.input == "text"


def test_traditional_characters_emoji_and_letters_are_read() -> None:
    one = filled("狐狸遇見了老虎😀。老虎說：“ABC！”狐狸跑了。", 1, "one")
    assert one.text.converted
    assert "遇见" in "".join(one.text.words)
    assert sum(one.answer.p) == pytest.approx(1)
    with pytest.raises(Refusal):
        prepared("狐狸 老虎 " * 400, 1, lexicon())


def test_merging_mends_the_blank_that_the_page_opens_with() -> None:
    """The largest position is another word's, the largest sum the hidden word's, with room on both sides."""
    one = filled(FOX, SHOWN, "two")
    assert one.answer.merged == one.truth != one.answer.single
    (_, first), (_, second), *_ = one.answer.ranked
    assert first > second + 0.1
    assert one.single_share > one.largest[one.truth] + 0.01


def test_letters_of_a_size_are_no_blank() -> None:
    for text in ("小猫穿XXXL的衣服，小猫很高兴。", "小猫有AXXXXX，小猫很高兴。"):
        assert not prepared(text, 1, lexicon()).marked
    assert prepared("小猫穿XXXL的衣服，XXXXX很高兴。", 1, lexicon()).marked


def test_the_longest_passage_has_as_many_blanks_as_the_slider() -> None:
    assert max(len(prepared(text, 1, lexicon()).places) for text in PASSAGES.values()) == MOST_PLACES


def test_the_baselines_of_a_sweep_by_hand() -> None:
    """猫 and 鱼 stand thrice each: the most frequent noun of what is left is always the other one."""
    y = swept("猫 喜欢 鱼 。 鱼 喜欢 猫 。 猫 喜欢 鱼 。", "one")
    assert [one.passage.answer for one in y.answers] == ["猫", "鱼", "鱼", "猫", "猫", "鱼"]
    assert y.baselines["frequent"] == 0
    assert y.baselines["constant"] == 3
    assert y.baselines["nearest"] == sum(one.passage.nearest(lexicon()) == one.passage.answer for one in y.answers)
    assert y.baseline == max(y.baselines.values())


def test_the_results_agree_with_each_other_and_travel() -> None:
    whole = swept(FOX, "one")
    assert len(whole.places) <= MOST_SWEPT
    for k in (0, 7):
        one = filled(FOX, k + 1, "one")
        assert one.truth == whole.answers[k].passage.answer
        assert one.sums[one.truth] == pytest.approx(whole.truths[k], rel=1e-4)
    both = compared(FOX, 8)
    assert both.filled["one"].answer.merged == filled(FOX, 8, "one").answer.merged
    assert both.swept["one"].right == whole.right
    assert pickle.loads(pickle.dumps(both)).answers == both.answers


def test_the_record_agrees_with_the_card() -> None:
    found = measured()
    for test in ("cmrc", "cft", "user", "novels", "own"):
        for name in READERS:
            assert found.of(test).merged[name] == pytest.approx(found.metrics[f"{test}: {name}"], abs=1e-5)
        groups = [found.of(test, a, b).questions for a, b in ((0, 0), (1, 1), (2, 2), (3, 10**9))]
        assert sum(groups) == found.of(test).questions == found.metrics[f"{test}: questions"]
    assert found.of("cmrc").questions == 2000


def test_answers_of_a_batch_are_in_the_order_of_the_words() -> None:
    scores = Scores(torch.tensor([[[1.0, 9.0], [3.0, 4.0]]]), torch.tensor([[[True, False], [True, True]]]))
    made = answers_module.answers(scores, [Passage(("a",), ("b", "c"))])[0]
    expected = torch.tensor([1.0, 3.0, 4.0]).softmax(0).tolist()
    assert made.p == pytest.approx(tuple(expected))
    assert answers is answers_module.answers
