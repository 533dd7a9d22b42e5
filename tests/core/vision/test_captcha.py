"""The CAPTCHA reader: drawing by the package's steps, both readings' facts, independence, exact maps, and refusals."""

from __future__ import annotations

import copy
import math
import pickle
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import captcha.image
import numpy as np
import pytest
import torch
from captcha.image import ImageCaptcha
from torch import Tensor, nn

from core.refusal import Refusal
from core.vision.captcha import looking, model, paths, verification
from core.vision.captcha.drawing import (
    DOTS,
    FONTS,
    HEIGHT,
    LETTERS,
    MIXED,
    SIZES,
    TRAINED,
    UNSEEN,
    WIDTH,
    Painter,
    drawn,
    random_text,
)
from core.vision.captcha.looking import contributions, looks, overlay
from core.vision.captcha.model import BLANK, Config, Net, Separable, collapsed, ctc_loss, greedy, heads_loss
from core.vision.captcha.reading import Reading, Shown, net, prepared, read, shown, uploaded, written
from core.vision.captcha.record import measured
from core.vision.captcha.trials import Slots, fresh, numbers, slots
from core.vision.captcha.verification import drawings, identities, of_weights
from core.vision.captcha.views import any_length, fonts, swept, together
from tests.facts import failed, unnoticed

PLAIN = np.full((60, 200, 3), 255, np.uint8)


def test_the_identities_hold() -> None:
    assert not failed(identities)


def test_the_drawing_is_seeded_and_leaves_the_global_state() -> None:
    assert not failed(drawings)


def test_the_shipped_net_reads() -> None:
    assert not failed(of_weights)


def test_random_weights_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    made = Net(Config()).eval()
    for module in (verification, looking):
        monkeypatch.setattr(module, "net", lambda: made)
    monkeypatch.setattr("core.vision.captcha.reading.net", lambda: made)
    facts = ("letters right", "all four right", "right on fresh drawings, CTC", "three letters", "its own letter")
    assert not unnoticed(of_weights, *facts)


def _blanks_first(path: Sequence[int], blank: int = BLANK) -> tuple[int, ...]:
    kept = [symbol for symbol in path if symbol != blank]
    return tuple(symbol for k, symbol in enumerate(kept) if k == 0 or symbol != kept[k - 1])


def _mean_of_heads(logits: Tensor, letters: Tensor) -> Tensor:
    return heads_loss(logits, letters) / 4


def _mean_over_letters(logits: Tensor, texts: Sequence[Sequence[int]]) -> Tensor:
    return ctc_loss(logits, texts) / max(1, len(texts[0]))


def _another_depthwise(layer: Separable, x: Tensor) -> Tensor:
    return layer.pointwise(layer.depthwise(x.flip(1)))


def _mean_of_singles(found: Slots) -> float:
    return found.letters


def _heads_of_the_sum(made: Net, features: Tensor) -> model.Logits:
    return RIGHT(made, features.sum(2, keepdim=True).expand_as(features).square())


RIGHT = Net.read


@pytest.mark.parametrize(
    ("where", "name", "broken", "fact"),
    [
        (verification, "collapsed", _blanks_first, "collapses to aab"),
        (paths, "collapsed", _blanks_first, "bb against all"),
        (verification, "heads_loss", _mean_of_heads, "the heads' loss"),
        (verification, "ctc_loss", _mean_over_letters, "ab against all"),
        (verification, "ctc_loss", _mean_over_letters, "probabilities of all texts"),
        (Separable, "forward", _another_depthwise, "separable convolution"),
        (verification, "parameters", lambda config: 9 * 26, "weights of the net"),
        (Slots, "product", property(_mean_of_singles), "independent errors"),
        (Slots, "product", property(_mean_of_singles), "come together"),
    ],
)
def test_a_broken_copy_is_noticed(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, broken: Callable[..., Any], fact: str
) -> None:
    monkeypatch.setattr(where, name, broken)
    assert not unnoticed(identities, fact)


def test_a_head_that_is_not_linear_breaks_the_exact_map(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Net, "read", _heads_of_the_sum)
    assert not unnoticed(of_weights, "contributions of all places")


def test_drawing_without_the_seed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        verification,
        "drawn",
        lambda text, d, font, seed: drawn(text, d, font, np.random.randint(2**31)),  # noqa: NPY002
    )
    assert not unnoticed(drawings, "the same seed", "global state")


class _Secrets:
    """The package's source of randomness, with the numbers of a generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def randbelow(self, n: int) -> int:
        return int(self.rng.random() * n)

    def randbits(self, bits: int) -> float:
        return self.rng.random() * 2**bits

    def choice(self, some: Sequence[Any]) -> Any:
        return some[self.randbelow(len(some))]


@pytest.mark.parametrize("seed", range(12))
def test_the_painter_draws_what_the_package_draws(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """With the same random numbers at distortion 1, pixel by pixel, but for the number of dots, which goes with the area."""
    monkeypatch.setattr(captcha.image, "secrets", _Secrets(np.random.default_rng(seed)))
    theirs = ImageCaptcha(WIDTH, HEIGHT, None, SIZES)
    whole = theirs.create_noise_dots
    monkeypatch.setattr(theirs, "create_noise_dots", lambda image, color: whole(image, color, number=DOTS))
    made = theirs.generate_image("aBcD")
    assert np.array_equal(np.asarray(made), drawn("aBcD", 1.0, "droid", seed).colours)
    assert secrets.randbelow(1) == 0


def test_training_and_unseen_fonts_are_disjoint_and_all_are_there() -> None:
    assert not set(TRAINED) & set(UNSEEN)
    assert {*TRAINED, *UNSEEN} == set(FONTS)
    assert len({path for _, path in FONTS.values()}) == len(FONTS)
    assert len(Painter(MIXED, 1.0).truefonts) == len(TRAINED) * len(SIZES)
    pictures = [drawn("Four", 1.0, font, 0).grey for font in FONTS]
    assert len({one.tobytes() for one in pictures}) == len(FONTS)


def test_letters_stand_in_their_spans_and_distortion_adds_ink() -> None:
    one = drawn("Four", 0.0, "lato", 1)
    assert len(one.spans) == 4
    assert all(a < b for a, b in one.spans)
    assert [a for a, _ in one.spans] == sorted(a for a, _ in one.spans)
    ink = [float(np.mean([(drawn("Four", d, "lato", k).grey < 200).mean() for k in range(20)])) for d in (0.0, 3.0)]
    assert ink[1] != ink[0]


def test_random_texts_have_every_letter_in_both_cases() -> None:
    rng = np.random.default_rng(0)
    assert set("".join(random_text(rng) for _ in range(400))) == {*LETTERS, *LETTERS.upper()}
    assert numbers("aZ") == (0, 25)


def test_the_collapse_by_hand() -> None:
    a, b, o = 0, 1, BLANK
    assert collapsed((a, a, o, a, b, b)) == (a, a, b)
    assert collapsed((o, o, o)) == ()
    assert collapsed((a, b, a)) == (a, b, a)
    logits = torch.full((1, 3, 27), -9.0)
    logits[0, [0, 1, 2], [a, o, a]] = 9.0
    assert greedy(logits) == [(a, a)]


def test_ctc_needs_a_column_between_equal_letters() -> None:
    logits = torch.zeros(1, 2, 27)
    assert math.isinf(float(ctc_loss(logits, [(3, 3)])))
    assert float(ctc_loss(logits, [(3, 4)])) == pytest.approx(2 * math.log(27))


def test_the_likeliest_path_need_not_be_the_likeliest_text() -> None:
    found = paths.paths(2, 0.4, 0.0)
    assert (found.greedy, found.best) == ("", "a")
    assert found.texts["a"] == pytest.approx(0.64)
    assert dict(found.of("a")) == pytest.approx({"aa": 0.16, "a–": 0.24, "–a": 0.24})
    assert found.losses["a"] == pytest.approx(-math.log(0.64))
    assert sum(found.texts.values()) == pytest.approx(1)
    with pytest.raises(Refusal) as refused:
        paths.paths(2, 0.7, 0.5)
    assert refused.value.input == "b"


def test_slots_by_hand() -> None:
    texts = ["abcd"] * 4
    guesses = np.array([[0, 1, 2, 3], [0, 1, 2, 9], [0, 9, 2, 9], [9, 1, 2, 9]])
    found = slots(guesses, texts)
    assert found.single == pytest.approx((0.75, 0.75, 1.0, 0.25))
    assert found.whole == 0.25
    assert found.product == pytest.approx(0.75 * 0.75 * 0.25)
    assert found.correlations[0, 1] == pytest.approx(-1 / 3)
    assert found.correlations[2].tolist() == [0, 0, 1, 0]
    assert found.pictures == 4
    assert not found.ends_lead
    assert slots(np.array([[0, 9, 9, 3]]), ["abcd"]).ends_lead
    assert Slots((0,) * 16).gap == 0


def test_the_error_of_the_gap_is_what_independent_slots_scatter() -> None:
    """400 trials of 300 pictures: their standard deviation is within a fifth of the formula's (its own error is 3.5 %)."""
    rng, a = np.random.default_rng(0), np.array([0.9, 0.8, 0.7, 0.9])
    weights = 1 << np.arange(4)
    trials = [
        Slots(tuple(np.bincount((rng.random((300, 4)) < a) @ weights, minlength=16).tolist())) for _ in range(400)
    ]
    assert np.std([one.gap for one in trials]) == pytest.approx(np.mean([one.gap_error for one in trials]), rel=0.2)


def test_a_reader_s_picture_is_pressed_and_turned_over() -> None:
    dark = PLAIN.copy() * 0
    dark[20:40, 50:150] = 255
    made = prepared(dark)
    assert made.shape == (HEIGHT, WIDTH, 3)
    assert made[0, 0, 0] == 255
    assert np.array_equal(prepared(255 - dark), made)
    assert uploaded(dark).truth == ""
    assert uploaded(dark).right == ()
    with pytest.raises(Refusal) as refused:
        prepared(PLAIN)
    assert refused.value.input == "picture"


@pytest.mark.parametrize("text", ["", "abc", "abcde", "ab1d", "ab d", "验证码呀", "ßabc", "éabc", "a😀cd"])
def test_what_is_not_four_letters_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        written(text)
    assert refused.value.input == "text"


def test_spaces_around_and_full_width_letters_are_fine() -> None:
    assert written("  AbcD ") == "AbcD"
    assert written("".join(chr(ord(letter) + 0xFEE0) for letter in "AbcD")) == "AbcD"
    assert any_length("Q", 1.0, MIXED, 0).shown.truth == "q"
    with pytest.raises(Refusal):
        any_length("abcdefgh", 1.0, MIXED, 0)


def test_the_shares_of_a_head_are_of_its_positive_contributions() -> None:
    places = np.zeros((4, 7, 15))
    places[0, :, :4] = 1.0  # the first 32 pixels
    places[1, 0, 14], places[1, 1, 0] = 2.0, -5.0
    found = looking._shares(places, ((0.0, 32.0), (16.0, 120.0), (100.0, 130.0), (-5.0, 8.0)))
    assert found[0].tolist() == pytest.approx([1.0, 0.5, 0.0, 0.25])
    assert found[1].tolist() == pytest.approx([0.0, 1.0, 1.0, 0.0])
    assert found[2].tolist() == [0, 0, 0, 0]


def test_the_overlay_is_orange_where_it_counts_for_and_blue_against() -> None:
    contribution = np.zeros((7, 15))
    contribution[3, 2], contribution[3, 12] = 1.0, -1.0
    made = overlay(np.full((HEIGHT, WIDTH), 255, np.uint8), contribution).astype(int)
    assert made[25, 20, 0] > made[25, 20, 2]
    assert made[25, 100, 2] > made[25, 100, 0]
    assert made[0, 60].tolist() == [255, 255, 255]


def test_both_maps_are_gradients_of_the_score() -> None:
    """Gradient × input against a small step along the picture, measured from white."""
    made = copy.deepcopy(net()).cpu().double().eval()
    grey = drawn("Four", 1.0, "lato", 3).grey
    _, pixels, scores, _ = contributions(made, grey)
    x = torch.from_numpy(grey.copy()).double()[None, None] / 127.5 - 1
    letter = made(x).heads[0].argmax(1)
    step = 1e-4
    moved = made(x + step * (x - 1)).heads[0][range(4), letter].detach().numpy()
    base = made(x).heads[0][range(4), letter].detach().numpy()
    assert base == pytest.approx(scores, abs=1e-4)
    slope = (moved - base) / step
    assert pixels.sum((1, 2)) == pytest.approx(slope, rel=0.05, abs=0.05)


def test_in_an_own_picture_the_heads_are_measured_by_quarters() -> None:
    """Nobody knows where its letters stand: four equal parts, whose shares sum to one."""
    found = looks(uploaded(np.repeat(drawn("Four", 1.0, "lato", 3).grey[..., None], 3, 2)))
    assert found.shares.shape == (4, 4) and len(found.own) == len(found.most) == 4
    assert found.shares.sum(1) == pytest.approx(1)


def test_the_results_agree_with_each_other_and_travel() -> None:
    one = shown("Four", 1.0, MIXED, 2)
    many = swept("Four", 1.0, MIXED, 2)
    at = many.distortions.index(1.0)
    assert many.shown[at].reading.letters == many.here.reading.letters == one.reading.letters
    assert fonts("Four", 1.0, 2).shown.keys() == FONTS.keys()
    assert looks(one).overlays("pixels")[0].shape == (HEIGHT, WIDTH, 3)
    assert together(50, 1.0, MIXED, 0).live.pictures == 50
    assert pickle.loads(pickle.dumps(many)).fails == many.fails
    trial = fresh(3, 1.0, MIXED, 5)
    assert [read(trial.greys)[k].letters for k in range(3)] == [
        read(trial.greys[k : k + 1])[0].letters for k in range(3)
    ]


def test_a_reading_by_hand() -> None:
    heads, columns = np.full((4, 26), 0.01), np.full((15, 27), 0.01)
    heads[[0, 1, 2, 3], [5, 14, 20, 17]] = 0.75
    columns[:, BLANK] = 0.5
    columns[[1, 4, 5, 9], [5, 14, 14, 20]] = 0.6
    made = Reading(heads, columns)
    assert made.letters == "four"
    assert made.joint == pytest.approx(0.75**4)
    assert made.ctc == "fou"
    assert made.blanks == 11
    picture = Shown(drawn("FOUR", 1.0, MIXED, 0), made, "four")
    assert picture.all_right
    assert not picture.ctc_right
    assert picture.right == (True,) * 4


def test_the_record_agrees_with_the_card() -> None:
    from core import weights

    found, card = measured(), weights.read_card("captcha")
    for name, one in found.heads.items():
        assert one.whole == pytest.approx(card.metrics[f"{name}: heads, whole texts"], abs=1e-5)
        assert one.letters == pytest.approx(card.metrics[f"{name}: heads, letters"], abs=1e-5)
    for name, count in found.ctc.items():
        assert count.share == pytest.approx(card.metrics[f"{name}: ctc, whole texts"], abs=1e-5)
    assert found.lengths() == list(range(1, 8))
    assert found.distortions()[0] == 0
    assert found.distortions()[-1] == 3


def test_the_dropout_of_the_heads_is_the_post_s() -> None:
    assert [one.p for one in Net(Config()).modules() if isinstance(one, nn.Dropout)] == [0.5]
