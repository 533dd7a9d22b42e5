"""Writing: forms that hold, drafts that depend on (seed, number) alone, clear refusals."""

from __future__ import annotations

import itertools
import pickle

import pytest
import torch

from core.refusal import Refusal
from core.text import reading
from core.text.decoding import Decoder, prepare
from core.text.gpt2 import GPT2, Config
from core.text.library import verse_model
from core.text.plans import fitting, plan, tune_of
from core.text.prosody import REGULAR, examine, lines_of
from core.text.reading import HABITS, attend, attention, candidates, judge, read, strip_unknown
from core.text.sampling import Sampling, draw, penalised, probabilities
from core.text.tunes import TUNES
from core.text.writing import Sheet, Wish, write


def sheet(wish: Wish, model: GPT2 | None = None) -> Sheet:
    own, tokenizer = verse_model()
    *_, found = write(model or own, tokenizer, wish)
    assert found.done and found.fraction == 1
    return found


def last(wish: Wish, model: GPT2 | None = None) -> tuple[str, ...]:
    return sheet(wish, model).texts


def untrained(seed: int) -> GPT2:
    torch.manual_seed(seed)
    return GPT2(Config(verse_model()[0].config.vocabulary, 32, 1, 2, 256)).eval()


@pytest.mark.parametrize("form", REGULAR)
@pytest.mark.parametrize("seed", range(3))
def test_the_metre_holds_even_for_random_weights(form: str, seed: int) -> None:
    """It is in what may be drawn: rhyme, tones, number and length of lines hold for a model that knows nothing."""
    for text in last(Wish(form, metrical=True, seed=seed, count=4), untrained(seed)):
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
        (Wish("六绝"), "form = 六绝: one of"), (Wish("小说", strict=True), "form = 小说: only"), (Wish("五绝", heads="春a"), "heads = 春a: only Chinese"),
        (Wish("五绝", heads=""), "heads = : one to eight"), (Wish("五绝", heads="，"), "heads = ，: one to eight"),
        (Wish("五绝", heads="一二三四五六七八九"), "heads = 一二三四五六七八九: 五绝 has 4 lines"),
        (Wish("五绝", beginning="春眠", heads="夏"), "heads = 夏: line 1 begins with 春 already"),
        (Wish("五绝", beginning="春" * 21, strict=True), "beginning = " + "春" * 21 + ": at most 20 characters in 五绝"),
        (Wish("小说", beginning="春" * 40, longest=20), "beginning: 40 characters leave no room"),
    ],
)  # fmt: skip
def test_refusals_name_the_input_before_anything_is_written(wish: Wish, said: str) -> None:
    own, tokenizer = verse_model()
    with pytest.raises(Refusal) as caught:
        write(own, tokenizer, wish)  # not even the first sheet is asked for
    assert str(caught.value).startswith(said) and caught.value.zh != caught.value.en


def test_too_many_heads_for_a_plan_say_which_form_has_room() -> None:
    with pytest.raises(Refusal, match="七绝 has 4 lines; 七律 has room") as caught:
        plan("七绝", "平安喜乐万事")
    assert caught.value.input == "heads" and "可用 七律" in caught.value.zh


@pytest.mark.parametrize(("form", "heads", "written"), [("七绝", 4, "七绝"), ("七绝", 5, "七律"), ("五绝", 8, "五律"), ("五律", 2, "五律"), ("七绝", 9, "七绝")])  # fmt: skip
def test_an_acrostic_moves_to_a_form_with_enough_lines(form: str, heads: int, written: str) -> None:
    assert fitting(form, heads) == written
    if heads <= 8:
        found = sheet(Wish(form, heads="平安喜乐万事如意"[:heads], metrical=True, count=2, seed=1), untrained(1))
        assert found.form == written and found.right == found.rhymed == 2


def test_what_the_vocabulary_lacks_is_left_out_and_named() -> None:
    found = sheet(Wish("五绝", title="夜Ω", beginning="床😀前", count=1))
    assert found.texts[0].startswith("床前") and found.title == "夜"
    assert found.unknown == (("beginning", ("😀",)), ("title", ("Ω",)))


@pytest.mark.parametrize("name", ["浣溪沙", "如梦令", "满江红"])
def test_the_title_of_a_ci_binds_its_lines(name: str) -> None:
    """Also for a model that has learnt nothing; the marks are the tune's too."""
    tune = TUNES[name]
    found = sheet(Wish("词", name, "春", 2, seed=3), untrained(2))
    assert found.tune == tune and found.right == 2
    for text in found.texts:
        assert [len(line) for line in lines_of(text)] == [size for size, _ in tune.lines] and text[0] == "春"
        assert [c for c in text if c in "，。、"] == [mark for _, mark in tune.lines]


def test_a_ci_without_a_known_tune_is_free_and_says_so() -> None:
    for title in ("", "无此调"):
        found = sheet(Wish("词", title, count=1, longest=20))
        assert found.tune is None and found.drafts[0].shape_right is None
    assert tune_of("浣溪沙·春日") == TUNES["浣溪沙"]


def test_tunes_have_as_many_characters_as_the_books_say() -> None:
    """Facts of any handbook of ci; the table itself was counted."""
    known = {"如梦令": 33, "浣溪沙": 42, "菩萨蛮": 44, "清平乐": 46, "西江月": 50, "鹧鸪天": 55, "虞美人": 56, "蝶恋花": 60, "江城子": 70, "满江红": 93, "水调歌头": 95, "念奴娇": 100, "沁园春": 114, "贺新郎": 116}  # fmt: skip
    assert {name: TUNES[name].characters for name in known} == known


def test_a_sheet_is_a_whole_result_and_travels() -> None:
    own, tokenizer = verse_model()
    sheets = list(write(own, tokenizer, Wish("五绝", count=2)))
    assert [pickle.loads(pickle.dumps(s)) for s in sheets] == sheets
    assert all(a.fraction <= b.fraction for a, b in itertools.pairwise(sheets))
    early, late = sheets[0].drafts[0], sheets[-1].drafts[0]
    assert (early.report, early.shape_right) == (None, None) and late.report == examine(late.text, "五绝")
    assert late.laid_out.count("\n") == 3 and sheets[-1].figures is not None and sheets[-1].figures.longest < 24


def test_the_end_of_a_line_is_weighed_by_the_mark_that_must_follow() -> None:
    """By hand: the probability of each character times that of the mark after it, both by the plain model."""
    model, tokenizer = verse_model()
    wish = Wish("词", "浣溪沙", "惊起春光不见", 1, sampling=Sampling(0.0), seed=1)
    head = [tokenizer.form("词"), *tokenizer.encode_plain("浣溪沙"), 3, *tokenizer.encode_plain("惊起春光不见")]
    with torch.inference_mode():
        first = model(torch.tensor([head]))[0, -1].log_softmax(0)
        best = first.topk(200).indices
        rows = torch.cat([torch.tensor([head]).expand(200, -1), best[:, None]], 1)
        joint = first[best] + model(rows)[:, -1].log_softmax(1)[:, tokenizer.ids["。"]]
    han = [k for k in joint.argsort(descending=True).tolist() if tokenizer.tokens[best[k]] not in "，。、！？；："]
    assert last(wish)[0][6] == tokenizer.tokens[best[han[0]]]


def test_a_peek_leaves_the_texts_as_they_are() -> None:
    model, _ = verse_model()
    head = torch.tensor([[20, 30, 40], [21, 31, 41]])
    plain, peeked = (Decoder(prepare(model), 2) for _ in range(2))
    for decoder in (plain, peeked):
        decoder.step(head)
    ahead = peeked.peek([1, 0], torch.tensor([[50, 60], [70, 80]]))
    assert (ahead[0, 1] - plain.step(torch.tensor([70, 60]))[1]).abs().max() < 1e-3
    assert (ahead[1, 0] - peeked.step(torch.tensor([70, 60]))[0]).abs().max() < 1e-3


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
    judged = read(model, tokenizer, "五绝", text + "流")
    found = candidates(model, tokenizer, "五绝", text, Sampling(), count=50)
    k = found.characters.index("流")  # the model expects it among the first
    assert judged.bits[len(text)] == pytest.approx(
        -torch.tensor(found.p[k]).log2().item(), abs=0.02
    )  # marks cannot be written
    assert found.mass == pytest.approx(1, abs=1e-5)
    names, weights = attention(model, tokenizer, "五绝", text)
    assert names[0] == "[五绝]" and weights.shape[-1] == len(names) == len(text) + 2


def test_a_text_is_judged_as_it_is_typed() -> None:
    model, tokenizer = verse_model()
    found = judge(model, tokenizer, "五绝", "白日依山盡😀,", Sampling(top_k=3))
    assert found.text == "白日依山尽，" and found.unknown == ("😀",)
    assert len(found.bits) == len(found.ranks) == 6 and found.following.count == 3
    assert found.bits[found.most] == found.bits.max() and found.mean == pytest.approx(found.bits.mean())


def test_one_head_looks_at_the_partner_in_parallel_couplets() -> None:
    found = attend(
        *verse_model(),
        "五律",
        "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。",
    )
    (layer, head), share = found.most_parallel
    assert (layer, head) == (5, 3) and 0.2 < share == found.habits[4, 2, HABITS.index("above")]


def test_habits_of_a_head_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of two lines and equal weights: the share of each habit is counted on the fingers."""
    model, tokenizer = verse_model()
    found = attend(model, tokenizer, "五绝", "山高，水长。")
    n = len(found.names)
    assert found.names[:2] == ("[五绝]", "[BODY]") and n == 8 and found.wall.shape == (6 * 9 - 1, 4 * 9 - 1)
    assert found.habits.sum(-1) == pytest.approx(1, abs=1e-5)
    equal = [1 / 3, 1 / 4, 1 / 6, 1 / 7]  # of 山 高 水 长: what each of 1, 2 … positions weighs
    uniform = torch.ones(n, n).tril() / torch.arange(1, n + 1)[:, None]
    expected = {
        "marks": 2 * sum(equal), "itself": sum(equal), "stops": equal[2] + equal[3], "before": equal[1] + equal[3],
        "above": equal[2], "rest": equal[2] + 2 * equal[3],  # 水 is followed by 长, whose partner is 高
    }  # fmt: skip
    weights = uniform.expand(6, 4, n, n).numpy()
    monkeypatch.setattr(reading, "attention", lambda *_: (found.names, weights))
    habits = attend(model, tokenizer, "五绝", "山高，水长。").habits[0, 0]
    assert habits.tolist() == pytest.approx([expected[name] / 4 for name in HABITS], abs=1e-6)


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
