"""Figures of the page of Word2Vec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gallery import figures
from gallery.page import Say, t

if TYPE_CHECKING:
    from core.text.vectors import Found
    from core.text.word2vec.live import Moment
    from core.text.word2vec.toy import Optimum
    from core.text.word2vec.views import Guess, Plane

__all__ = ["LOSSES", "blank", "cosines", "moment", "optimum", "plane"]

LOSSES = {
    "random": t("随机 softmax", "Random softmax"),
    "sgns": t("负采样 SGNS", "Negative sampling (SGNS)"),
    "nce": t("噪声对比估计 NCE", "Noise contrastive (NCE)"),
    "full": t("完整 softmax", "Full softmax"),
}
CLOSE = 0.1  # nat: a root mean square gap below it is called agreement
TOLD = 3  # neighbours named above the picture
EXACT = 1 - 1e-9  # of a correlation: all on one line
KINDS = {
    "人": t("人", "people"), "城市": t("城市", "cities"), "车船": t("车船", "vehicles"), "动物": t("动物", "animals"),
    "水果": t("水果", "fruit"), "饮料": t("饮料", "drinks"), "职业": t("职业", "trades"), "时候": t("时候", "times"),
}  # fmt: skip


def cosines(title: str, found: Found, say: Say) -> Any:
    """Cosines as lying bars, the largest at the top."""
    figure, panel = figures.panel(title, x=say("余弦", "cosine"), x_range=(0, 1), height=440)
    panel.bars(list(found.words[::-1]), found.cosines[::-1], horizontal=True)
    return figure


def blank(y: Guess, corrected: bool, say: Say) -> Any:
    """The likeliest words of a blank beside their frequencies."""
    first, p, plain = y.words[0], y.p[0], y.unigram[0]
    if y.raised:
        title = say(f"空里最可能是「{first}」：{p:.1%}，不看上下文是 {plain:.2%}：上下文抬高了它", f"Likeliest in the blank: {first}, {p:.1%}, and {plain:.2%} without the context, which speaks for it")  # fmt: skip
    else:
        title = say(f"空里最可能是「{first}」：{p:.1%}，不看上下文也有 {plain:.2%}：它只是常用", f"Likeliest in the blank: {first}, {p:.1%}, and {plain:.2%} even without the context: it is merely frequent")  # fmt: skip
    if not corrected:
        title = say(
            f"未校正：「{first}」{p:.1%}；常用词作目标时被少取了，所以偏低",
            f"Uncorrected: {first}, {p:.1%}; frequent words were sampled less as targets and come out low",
        )
    figure, panel = figures.panel(title, x=say("概率（%）", "probability (%)"), height=440)
    panel.bars(list(y.words[::-1]), y.percent[::-1], say("看上下文", "with the context"), horizontal=True)
    panel.bars(list(y.words[::-1]), y.unigram_percent[::-1], say("词频", "frequency"), 7, horizontal=True)
    return figure


def _law(loss: str, noise: str, k: int, say: Say) -> str:
    """What z the loss is least at, by the table of the story."""
    if loss == "nce":
        return "z = log p"
    if loss == "full":
        return "z = log p + const"
    of = {"uniform": "log p", "unigram": "PMI", "smoothed": "log p − log q"}[noise]
    if loss == "random":
        return f"z = {of} + const"
    return f"z = {of} + log N − log {k}" if noise == "uniform" else f"z = {of} − log {k}"


def optimum(y: Optimum, loss: str, noise: str, k: int, hits: bool, say: Say) -> Any:
    """Scores against log p and against PMI, with the lines that theory draws."""
    name, gap, law = say(LOSSES[loss]), y.gap, _law(loss, noise, k, say)
    tail = say(f"均方根差 {gap:.3f} nat", f"off by {gap:.3f} nats (RMS)")
    if not hits and loss != "full" and gap >= CLOSE:
        title = say(
            f"{name}，剔除撞上目标的噪声：不再是 {law}，{tail}", f"{name}, hits left out: no longer {law}, {tail}"
        )
    elif gap < CLOSE:
        title = say(f"{name}学到 {law}：{tail}", f"{name} learns {law}: {tail}")
    else:
        title = say(f"{name}还没学到 {law}：{tail}", f"{name} has not learnt {law} yet: {tail}")
    z = say("学到的 z", "learnt z")
    figure, (left, right) = figures.panels(
        title,
        [
            figures.Axes(say("对 log p(w|c)", "Against log p(w|c)"), x=say("log p(w|c)（nat）", "log p(w|c) (nat)"), y=say("z（nat）", "z (nat)"), x_range=y.bounds, y_range=y.bounds),
            figures.Axes(say("对 PMI", "Against PMI"), x=say("PMI（nat）", "PMI (nat)"), y=say("z（nat）", "z (nat)"), x_range=y.bounds, y_range=y.bounds),
        ],
        height=440,
    )  # fmt: skip
    pairs = ((left, y.world.log_p, y.to_log_p, y.expected_log_p), (right, y.world.pmi, y.to_pmi, y.expected_pmi))
    for panel, x, fit, expected in pairs:
        panel.points(x.ravel(), y.z.ravel(), z, 0, size=6)
        panel.points(x.ravel(), y.theory.ravel(), say("最优解", "minimiser"), 1, size=4, symbol="x")
        low, high = y.bounds
        if expected.r > EXACT:  # theory is a line over this axis alone
            panel.line(*y.line(expected), say("理论", "theory"), 1, dash="dash", end=False)
        sign = "+" if fit.offset >= 0 else "−"
        panel.note(low, high, f"z ≈ {fit.slope:.2f} x {sign} {abs(fit.offset):.2f}, r = {fit.r:.3f}")
    return figure


def plane(y: Plane, say: Say) -> Any:
    """The map, with the word looked for and its neighbours."""
    figure, panel = figures.panel(
        say(
            f"「{y.word}」按余弦最近的 {y.asked} 个词标蓝；其中头 10 个有 {y.kept} 个在地图上也最近（平均 {y.mean_kept:.1f}，随机 {y.by_chance:.2f}）",
            f"The {y.asked} words nearest to {y.word} by cosine are blue; of the first 10, {y.kept} are nearest on the map too (mean {y.mean_kept:.1f}, chance {y.by_chance:.2f})",
        ),
        x=say("t-SNE 第一维（无单位）", "t-SNE, first axis (no unit)"),
        y=say("第二维", "second axis"),
        height=560,
        x_range=(-1.05, 1.05),
        y_range=(-1.05, 1.05),
    )
    panel.points(y.x, y.y, say("词（指向可见）", "words (point at one)"), 7, size=4, opacity=0.35, text=y.words)
    panel.points(y.near_x, y.near_y, say("近邻（余弦最大）", "neighbours (largest cosines)"), 0, size=8, opacity=0.9, text=y.near_words)  # fmt: skip
    x, up = y.landmarks
    panel.points(x, up, say("地标（最常用的词）", "landmarks (frequent words)"), 3, size=8, opacity=0.9, text=y.landmark_words, symbol="diamond")  # fmt: skip
    for right, high, word in zip(x, up, y.landmark_words, strict=True):
        panel.note(right, high, word, colour=3)
    panel.points([y.at(y.row)[0]], [y.at(y.row)[1]], y.word, 1, size=12, opacity=1.0, text=[y.word], symbol="star")
    return figure


def moment(y: Moment, loss: str, say: Say) -> Any:
    """The loss, the neighbours now, and the words on two axes."""
    gain, name = y.gain, say(LOSSES[loss])
    worth = say(f"上下文值 {gain:.2f} nat", f"the context is worth {gain:.2f} nat")
    if gain <= 0:
        worth = say(f"还不如只看词频（差 {-gain:.2f} nat）", f"still worse than frequencies alone, by {-gain:.2f} nat")
    kinds = say(f"；{y.purity:.0%} 的词与最近邻同类（随机 {y.chance:.0%}）", f"; {y.purity:.0%} of the words have a nearest one of their kind (chance {y.chance:.0%})")  # fmt: skip
    watched, beside = y.text.words[y.word], y.near.words[:TOLD]
    figure, (curve, words) = figures.panels(
        f"{name}{say('：', ': ')}{worth}{kinds if y.text.has_kinds else ''}",
        [
            figures.Axes(
                say("损失", "Loss"), x=say("步", "steps"), y=say("−log p（nat，训练文本）", "−log p (nat, the text itself)"), x_range=(0, y.steps), from_zero=True
            ),
            figures.Axes(say(f"两个主轴；离「{watched}」最近：{'、'.join(beside)}", f"Two axes; nearest to {watched}: {', '.join(beside)}"), x=say("第一主轴", "first axis"), y=say("第二主轴", "second axis"), x_range=(-1.2, 1.2), y_range=(-1.2, 1.2)),
        ],
        height=440,
    )  # fmt: skip
    curve.line(y.steps_seen, y.losses, say("损失", "loss"))
    curve.level(y.baseline, say("只看词频", "frequencies alone"))
    for colour, (kind, rows) in enumerate(y.by_kind.items()):
        name = say(KINDS[kind]) if kind else say("词（指向可见）", "words (point at one)")
        words.points(
            y.plane[rows, 0], y.plane[rows, 1], name, colour, size=8, opacity=0.8, text=[y.text.words[i] for i in rows]
        )
    x, up = y.plane[y.word]
    words.note(x, up, y.text.words[y.word])
    return figure
