"""Word2Vec: the losses by hand, checks that fail on broken copies, reading of blanks, live training."""

import math
import pickle

import numpy as np
import pytest
import torch

from core.refusal import Refusal
from core.text.word2vec import live, objective, shelf, verification, views
from core.text.word2vec.grammar import KINDS, TEMPLATES
from core.text.word2vec.model import CBOW, Config, keep_probability
from core.text.word2vec.toy import Optimum, optimum, world


def failing(checks) -> set[str]:
    """Names of the checks that do not hold."""
    return {check.name for check in checks if not check.passed}


def test_random_softmax_of_a_hand_computed_case() -> None:
    """z_t = log 3, noise at log 1 and log 2: 3 of 6."""
    value = objective.loss_of(
        "random", torch.tensor([math.log(3.0)]), torch.tensor([[0.0, math.log(2.0)]]), *[torch.zeros(1)] * 2
    )
    assert float(value) == pytest.approx(math.log(2))


def test_sgns_and_nce_of_a_hand_computed_case() -> None:
    """σ(log 3) = 3/4 for the target, 1 − σ(−log 3) = 3/4 for the noise; NCE shifts both by log(K q) = log(2/4)."""
    target, noise = torch.tensor([math.log(3.0)]), torch.tensor([[-math.log(3.0)] * 2])
    quarter = torch.full((1,), math.log(1 / 4)), torch.full((1, 2), math.log(1 / 4))
    assert float(objective.loss_of("sgns", target, noise, *quarter)) == pytest.approx(3 * math.log(4 / 3))
    expected = math.log(7 / 6) + 2 * math.log(5 / 3)  # odds 3 / (1/2) = 6, and (1/3) / (1/2) = 2/3
    assert float(objective.loss_of("nce", target, noise, *quarter)) == pytest.approx(expected)


def test_a_loss_that_needs_all_scores_says_so() -> None:
    with pytest.raises(ValueError, match="full_softmax"):
        objective.loss_of("full", torch.zeros(1), torch.zeros(1, 2), torch.zeros(1), torch.zeros(1, 2))


@pytest.mark.parametrize("loss", objective.LOSSES)
def test_at_the_minimiser_the_scores_say_p(loss: objective.Loss) -> None:
    known = world(6, 4, 1.0, 3)
    log_p = torch.from_numpy(known.log_p)
    log_q = objective.noise_of("smoothed", torch.from_numpy(known.unigram)).log()
    z = objective.minimiser(loss, log_p, log_q, 7)
    shifted = z + 2.5 if loss in ("random", "full") else z
    assert torch.allclose(objective.log_probability(loss, shifted, log_q), log_p)
    assert torch.allclose(objective.normalised(loss, shifted, log_q), z)


def test_a_sign_of_the_noise_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = objective.loss_of

    def broken(loss, target, noise, *log_q):
        return real(loss, target, -noise, *log_q)

    monkeypatch.setattr(objective, "loss_of", broken)
    assert "SGNS, noise p(w): z = PMI − log K, largest gap" in failing(verification.optima())


def test_a_mean_over_the_noise_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the mean for the sum, SGNS gives PMI without − log K."""

    def broken(loss, target, noise, log_q_target, log_q_noise):
        if loss == "sgns":
            return torch.nn.functional.softplus(-target) + torch.nn.functional.softplus(noise).mean(1)
        return objective_loss(loss, target, noise, log_q_target, log_q_noise)

    objective_loss = objective.loss_of
    monkeypatch.setattr(objective, "loss_of", broken)
    assert failing(verification.by_hand()) == {"SGNS, all scores zero, K = 5"}
    assert failing(verification.optima()) == {"SGNS, noise p(w): z = PMI − log K, largest gap"}


def test_a_target_left_out_of_the_denominator_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = objective.loss_of

    def broken(loss, target, noise, *log_q):
        return torch.logsumexp(noise, 1) - target if loss == "random" else real(loss, target, noise, *log_q)

    monkeypatch.setattr(objective, "loss_of", broken)
    assert len(failing(verification.by_hand())) == 2


def test_noise_of_the_wrong_kind_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = objective.noise_of
    monkeypatch.setattr(objective, "noise_of", lambda noise, unigram: real("uniform", unigram))
    assert "random softmax, noise p(w): z = PMI, largest gap" in failing(verification.optima())


def test_a_forgotten_log_k_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        objective, "minimiser", lambda loss, log_p, log_q, k: log_p - log_q if loss == "sgns" else log_p
    )
    assert "SGNS, noise p(w): z = PMI − log K, largest gap" in failing(verification.optima())


def random_model() -> CBOW:
    """The shipped model's sizes and counts, with random tables."""
    shipped = shelf.cbow()
    model = CBOW(shipped.config)
    rng = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        parameter.data.normal_(0, 0.3, generator=rng)
    model.counts = shipped.counts
    return model.eval()


def test_random_weights_know_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model, known = random_model(), shelf.vectors("cbow")
    monkeypatch.setattr(verification, "cbow", lambda: model)
    table = model.input.detach().numpy()[:-1]
    monkeypatch.setattr(verification, "vectors", lambda table_name: views.WordVectors(known.words, table))
    assert failing(verification.shipped()) >= {
        "our own sentences: what the context of a blank is worth, nat",
        "our own questions: which of two words is nearer, share right",
    }


def test_an_uncorrected_probability_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CBOW, "log_keep", lambda self: torch.zeros(self.config.words, dtype=torch.float64))
    assert not failing(verification.by_hand())
    real = CBOW.log_probability
    monkeypatch.setattr(CBOW, "log_probability", lambda self, contexts, corrected=True: real(self, contexts, False))
    monkeypatch.undo()
    monkeypatch.setattr(CBOW, "log_probability", lambda self, contexts, corrected=True: real(self, contexts, False))
    assert "sub-sampling undone: log p − log p̃ + log κ is one constant" in failing(verification.shipped())


def test_shares_without_the_mean_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = views.predict

    def broken(model, context, corrected=True):
        told, other, plain, shares, bias = real(model, context, corrected)
        return told, other, plain, shares * 0.9, bias

    monkeypatch.setattr(verification, "predict", broken)
    assert "shares of the places and the bias add up to the score above its mean" in failing(verification.shipped())


def test_keep_probability_of_a_hand_computed_case() -> None:
    """f = 4e-5 and t = 1e-5: 1/4 + 1/2; a rare word is always kept."""
    kept = keep_probability(torch.tensor([40, 1]), 1_000_000, 1e-5)
    assert kept.tolist() == pytest.approx([0.75, 1.0])


def test_cbow_sums_its_context() -> None:
    model = CBOW(Config(3, 10, dim=2, window=1))
    model.input.data = torch.tensor([[1.0, 0.0], [0.0, 2.0], [5.0, 5.0], [0.5, 0.5]])
    model.output.data = torch.tensor([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    model.bias.data = torch.tensor([0.0, 0.1, 0.0])
    assert model.scores(torch.tensor([[0, 1], [0, 3]])).tolist() == [
        pytest.approx([3.0, 2.1, 1.0]),
        pytest.approx([2.0, 0.6, 1.5]),
    ]


@pytest.mark.parametrize("loss", objective.LOSSES)
def test_samples_come_to_the_minimiser(loss: objective.Loss) -> None:
    """Root mean square gap over 80 cells: 0.02 to 0.03 nat at the page's defaults, over five seeds."""
    *_, last = optimum(loss, "unigram", 5, 500, 1.0, 4)
    assert last.gap < 0.1 and last.done == 1
    assert pickle.loads(pickle.dumps(last)).gap == last.gap


def test_the_seed_arrives() -> None:
    ends = [list(optimum("sgns", "unigram", 2, 100, 1.0, seed))[-1].z for seed in (0, 0, 1)]
    assert np.array_equal(ends[0], ends[1]) and not np.array_equal(ends[0], ends[2])


def test_leaving_hits_out_moves_the_minimiser() -> None:
    def gap(hits: bool) -> float:
        last: Optimum = list(optimum("random", "unigram", 5, 500, 1.0, 0, hits))[-1]
        return last.gap

    assert gap(False) > 2 * gap(True)


def test_a_blank_is_read_with_its_window() -> None:
    known = shelf.vectors("cbow")
    found = views.read("前一句。行者 道 __ 師父 龘 莫怪", known, 2)
    other, ids = len(known), known.ids
    assert found.context == (ids["行者"], ids["道"], ids["师父"], other)
    assert found.unknown[0] == "龘" and found.others == 1 and found.seen == 3


@pytest.mark.parametrize("text", ["", " \n", "没有空", "__一个__又一个", "。。！", "😀", "x" * 10_000, "a__b。c__d"])
def test_what_has_no_single_blank_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        views.guess(text, "", 5)
    assert refused.value.input == "text"


@pytest.mark.parametrize("text", ["__", "😀__", "hello __ world", "龘龘龘__", "山" * 9_990 + "__", "□"])
def test_any_sentence_with_a_blank_is_answered(text: str) -> None:
    found = views.guess(text, "", 5)
    assert np.isfinite(found.p).all() and (np.diff(found.p) <= 0).all()
    shown, shades, notes = found.letters
    assert len(shown) == len(shades) == len(notes) and all(0 <= shade <= 1 for shade in shades)


def test_the_answer_given_is_ranked() -> None:
    found = views.guess("要知后事如何，且听下回__", "下回分解", 5)
    assert found.answer is not None and found.answer[:2] == ("下回分解", 1)
    with pytest.raises(Refusal) as refused:
        views.guess("且听下回__", "龘", 5)
    assert refused.value.input == "answer"


def test_an_analogy_of_a_word_with_itself_is_refused() -> None:
    for words, name in (
        (("宝玉", "宝玉", "曹操"), "b"),
        (("宝玉", "黛玉", "宝玉"), "c"),
        (("宝玉", "黛玉", "黛玉"), "c"),
    ):
        with pytest.raises(Refusal) as refused:
            views.analogy(*words, "cbow", 5)
        assert refused.value.input == name


def test_the_map_keeps_more_neighbours_than_chance() -> None:
    found = views.plane("宝玉", 2000, 10)
    assert found.mean_kept > 5 * found.by_chance
    rare = views.plane(shelf.vectors("cbow").words[-1], 300, 10)
    assert len(rare.words) == 301 and rare.row == 300


def test_the_little_language_is_what_its_templates_say() -> None:
    text = live.small("grammar", "", "words", 200, 1, 0)
    allowed = {part for template in TEMPLATES for part in template.split()} - set(KINDS)
    assert set(text.words) <= allowed | {word for words in KINDS.values() for word in words}
    assert text.dropped == 0 and text.has_kinds


def test_examples_are_windows() -> None:
    text = live.Small(("a", "b", "c"), np.array([1, 1, 1]), ((0, 1, -1, 2),), ("",) * 3, 1)
    inputs, targets = live.batches(text, "cbow", 1)
    assert inputs.tolist() == [[3, 1], [0, 3], [3, 3]] and targets.tolist() == [0, 1, 2]
    inputs, targets = live.batches(text, "skip-gram", 2)
    assert sorted(zip(inputs[:, 0].tolist(), targets.tolist(), strict=True)) == [(0, 1), (1, 0), (1, 2), (2, 1)]


@pytest.mark.parametrize(("way", "loss"), [("cbow", loss) for loss in objective.LOSSES] + [("skip-gram", "sgns")])
def test_words_find_their_kind(way: live.Way, loss: objective.Loss) -> None:
    text = live.small("grammar", "", "words", 600, 1, 1)
    moments = list(live.learning(text, "猫", way, loss, 5, 16, 3, 8, 0.01, 1))
    last = moments[-1]
    assert last.purity > 0.8 > 3 * last.chance and last.gain > 0.5
    assert last.done == 1 and len(moments) > 5 and len(pickle.dumps(last)) < 100_000


@pytest.mark.parametrize("text", ["", "。。。", "hello world " * 50, "😀" * 100, "太短", "山" * 10_000])
@pytest.mark.parametrize("cut", ["words", "characters"])
def test_too_little_text_is_refused(text: str, cut: str) -> None:
    with pytest.raises(Refusal) as refused:
        live.small("own", text, cut, 0, 1, 0)
    assert refused.value.input == "text"


def test_a_readers_text_is_learnt_and_a_foreign_word_refused() -> None:
    text = live.small("own", "春天的風吹綠了柳樹，秋天的風吹紅了楓樹。" * 8, "characters", 0, 1, 0)
    assert "风" in text.words and not text.has_kinds
    last = list(live.learning(text, "風", "cbow", "random", 3, 8, 2, 3, 0.02, 0))[-1]
    assert last.text.words[last.word] == "风" and math.isnan(last.purity)
    with pytest.raises(Refusal) as refused:
        next(live.learning(text, "猫", "cbow", "random", 3, 8, 2, 1, 0.02, 0))
    assert refused.value.input == "word"


def test_one_word_a_sentence_has_no_context() -> None:
    text = live.small("own", "。".join("山水云月风花雪草" * 5), "characters", 0, 1, 0)
    with pytest.raises(Refusal):
        next(live.learning(text, "山", "skip-gram", "random", 3, 8, 2, 1, 0.02, 0))
