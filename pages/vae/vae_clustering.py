"""A VAE that clusters and samples by cluster, without labels (post 5887)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from core.data.datasets import fetch
from gallery import outputs
from gallery.inputs import choice, seed, slider
from gallery.outputs import Metric
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from pages.shared.training_film import TrainingFilm
from pages.vae import _vae_clustering_figures as pictures
from pages.vae._vae_clustering_figures import MEASURES
from pages.vae._vae_clustering_inputs import DATA_NAMES, HAD, NAME, Data, Picture, clusters_named, kinds_named
from pages.vae._vae_clustering_texts import CHANGES, STORY

if TYPE_CHECKING:
    from core.vae.vae_clustering.agreement import Agreement
    from core.vae.vae_clustering.views import Compared, Explained, Rows, Sampled, Weighed

FACTS = outputs.metrics("facts")


class Clusters(Data):
    label = t("十簇", "Clusters")
    question = t("没有标签，它分出来的十簇是十个数字吗？", "Without labels, are its ten clusters the ten digits?")
    outputs = (outputs.figure("rows", height=540), FACTS)
    tries = (
        Try(
            t("离中心最远的：三分之一以上是红的", "Farthest from the centre: over a third are red"),
            {"which": "farthest"},
            lambda y: y.odd.mean() > 1 / 3,
        ),
        Try(
            t("衣物：裤子自成一簇", "Clothes: trousers have a cluster of their own"),
            {"data": "fashion28"},
            lambda y: y.own[y.majority == 1].max() > 0.7,
        ),
    )

    which: str = choice(
        "nearest",
        {"nearest": t("离中心最近", "Nearest to the centre"), "random": t("随机", "At random"), "farthest": t("离中心最远", "Farthest")},
        label=t("每簇看哪些图", "Which pictures of each"),
    )  # fmt: skip
    count: int = slider(12, 4, 16, label=t("每簇几张", "Pictures a cluster"))
    batch: int = slider(
        0, 0, 99, label=t("第几批（随机的种子）", "Which batch (the seed)"), shown_when={"which": "random"}
    )

    drawn: str = choice(
        "redrawn",
        {"redrawn": t("由编码重画，G(μ(x))", "Redrawn from the code, G(μ(x))"), "real": t("数据集的原图（前 1000 张里选）", "The data set's own (of its first 1 000)")},
        label=t("测试图", "Test pictures"),
        only_when={"real": HAD},
    )  # fmt: skip

    def fetch(self) -> Iterator[Progress]:
        if self.drawn == "real":
            yield from fetch(self.data)

    def compute(self) -> Rows:
        from core.vae.vae_clustering.views import members

        real = self.data if self.drawn == "real" else None
        return members(f"{NAME}-{self.data}", self.which, self.count, self.batch, real)

    def show(self, y: Rows, say: Say) -> Mapping[str, Any]:
        one, kinds = y.agreement, kinds_named(self.data, say)
        sizes = say(
            f"最小 {y.sizes.min()}，最大 {y.sizes.max()} 张", f"smallest {y.sizes.min()}, largest {y.sizes.max()}"
        )
        return {
            "rows": pictures.clusters(y, self.data, say),
            "facts": [
                Metric(say("纯度", "Purity"), f"{one.purity:.1%}", say("1 万张测试图的编码，现算", "codes of 10 000 test pictures, now")),
                Metric(say("匈牙利匹配", "Hungarian matching"), f"{one.hungarian:.1%}", say("一个标签只给一簇", "each label names one cluster")),
                Metric(say("互信息", "Mutual information"), f"{one.nmi:.3f}", say("归一化，1 为完全一致", "normalised; 1 is perfect")),
                Metric(say("有名字的类", "Labels with a cluster"), len(kinds) - len(one.unclaimed), sizes),
            ],
        }  # fmt: skip


class Sample(Data):
    label = t("按簇采样", "Sample")
    question = t(
        "从一簇的高斯里采样，画出来还是那一簇吗？", "Is a sample of a cluster's Gaussian a picture of that cluster?"
    )
    outputs = (outputs.figure("samples", height=540),)
    tries = (
        Try(
            t("s = 0：每行都是中心，全部认得回来", "s = 0: every row is its centre, and all are given back"),
            {"sd": 0.0},
            lambda y: y.recognised > 0.99,
        ),
        Try(
            t("s = 2：样本散到别的簇里去了", "s = 2: samples stray into other clusters"),
            {"sd": 2.0},
            lambda y: y.recognised < 0.95,
        ),
    )

    sd: float = slider(1.0, 0.0, 2.5, step=0.05, label=t("标准差 s", "Standard deviation s"), play=True)
    count: int = slider(12, 4, 16, label=t("每簇几张", "Samples a cluster"))
    seed: int = seed()

    def compute(self) -> Sampled:
        from core.vae.vae_clustering.views import sampled

        return sampled(f"vae-clustering-{self.data}", self.sd, self.count, self.seed)

    def show(self, y: Sampled, say: Say) -> Mapping[str, Any]:
        return {"samples": pictures.samples(y, self.sd, self.data, say)}


class Draw(Picture):
    label = t("写一个数字", "Draw")
    question = t(
        "一张图属于哪一簇，它有多确定？换一个中心呢？",
        "Which cluster is a picture of, how surely, and what is it around another centre?",
    )
    outputs = (
        outputs.figure("shares", height=460),
        outputs.images(
            "moved",
            t("原图 x（若不只有编码）、由编码重画的 G(μ(x))、同一偏移换到各中心上解码", "The picture x (unless only its code is here), G(μ(x)) redrawn from the code, and the same offset decoded around every centre"),
            height=110,
        ),
        FACTS,
    )  # fmt: skip
    tries = (
        Try(
            t("手写的 7：归到 7 的那一簇", "A drawn 7 goes to the cluster of 7s"),
            {"source": "sketch"},
            lambda y: y.majority[y.best] == 7,
        ),
    )

    def compute(self) -> Explained:
        from core.data.datasets import held_out
        from core.vae.vae_clustering.views import as_drawn, as_seen, coded, explained, stored_code

        name = f"{NAME}-{self.data}"
        if self.source == "code":
            return explained(name, *stored_code(name, self.code))
        label = None
        if self.source == "sketch":
            picture = as_drawn(self.drawing)
        elif self.source == "picture":
            picture = as_seen(self.picture)
        else:
            picture, (_, label) = as_seen(held_out(self.data, self.number)), stored_code(name, self.number)
        return explained(name, coded(name, picture), label, picture)

    def show(self, y: Explained, say: Say) -> Mapping[str, Any]:
        names, seen = clusters_named(y.majority, self.data, say), [] if y.picture is None else [y.picture]
        kind = "" if y.label is None else kinds_named(self.data, say)[y.label]
        own = f"p(y|z) = {y.shares[y.best]:.3f}" + (say(f"；标签：{kind}", f"; label: {kind}") if kind else "")
        return {
            "shares": pictures.explained(y, self.data, say),
            "moved": outputs.Grid([*seen, y.again, *y.moved], 12, [*("x" for _ in seen), "G(μ(x))", *names]),
            "facts": [
                Metric(say("所属的簇", "Its cluster"), names[y.best], own),
                Metric(say("贝叶斯公式给它", "Bayes' rule gives it"), f"{y.bayes[y.best]:.3f}", say("高斯混合的后验", "posterior of the mixture")),
                Metric(say("到它的中心", "To its centre"), y.distances[y.best], say("采样的编码约 √20 = 4.5", "about √20 = 4.5 for sampled codes")),
            ],
        }  # fmt: skip


class Confusion(Data):
    label = t("混淆矩阵", "Confusion")
    question = t("哪些类被拆开，哪些并成了一簇？", "Which kinds were split, which share a cluster?")
    outputs = (outputs.figure("table", height=520), FACTS)
    tries = (
        Try(
            t("按类看：1 分在两簇里，直的与斜的", "By label: the 1s fill two clusters, upright and slanted"),
            {"of": "label"},
            lambda y: 1 in y.split,
        ),
        Try(
            t("衣物：外套与凉鞋没有自己的簇", "Clothes: no cluster of coats, none of sandals"),
            {"data": "fashion28"},
            lambda y: {4, 5} <= set(y.unclaimed),
        ),
    )

    of: str = choice("cluster", {"cluster": t("占本簇", "Cluster"), "label": t("占本类", "Label")}, label=t("颜色：占多少", "Shade: share of"))  # fmt: skip

    def compute(self) -> Agreement:
        from core.vae.vae_clustering.views import confusion

        return confusion(f"vae-clustering-{self.data}")

    def show(self, y: Agreement, say: Say) -> Mapping[str, Any]:
        return {
            "table": pictures.confusion(y, self.of, self.data, say),
            "facts": [
                Metric(say("纯度", "Purity"), f"{y.purity:.1%}", say("每簇取占多数的标签", "each cluster named by its majority")),
                Metric(say("匈牙利匹配", "Hungarian matching"), f"{y.hungarian:.1%}", say("一一对应中最好的", "the best one-to-one naming")),
                Metric(say("互信息", "Mutual information"), f"{y.nmi:.3f}", say("不需要命名", "needs no names")),
            ],
        }  # fmt: skip


class Kmeans(Data):
    label = t("与 K-means 比", "Against K-means")
    question = t("换一个种子会怎样？比 K-means 好吗？", "What does another seed give, and is it better than K-means?")
    outputs = (outputs.figure("rivals", height=430), outputs.table("all", t("全部数字（1 万张测试图）", "All figures (10 000 test pictures)")))  # fmt: skip
    tries = (
        Try(
            t(
                "互信息：种子的平均高于像素上的 K-means",
                "Mutual information: the seeds' mean is above K-means on pixels",
            ),
            {"measure": "nmi"},
            lambda y: y.spread("nmi")[1] > y.baselines[0].nmi,
        ),
    )

    measure: str = choice("purity", MEASURES, label=t("指标", "Measure"))

    def compute(self) -> Compared:
        from core.vae.vae_clustering.views import compared

        return compared(f"vae-clustering-{self.data}")

    def show(self, y: Compared, say: Say) -> Mapping[str, Any]:
        return {
            "rivals": pictures.rivals(y, self.measure, self.data, say),
            "all": pictures.table(y, self.data, say),
        }


class Lambda(Tab):
    label = t("λ", "λ")
    question = t("λ 管什么：画得像，还是分得开？", "What does λ weigh: faithful pictures, or clusters apart?")
    outputs = (outputs.figure("curves", height=320), outputs.figure("rows", height=540))
    tries = (
        Try(
            t(
                "λ = 0.5：误差是原文取值的三倍，簇也更杂",
                "λ = 0.5: three times the error of the post's value, and less pure",
            ),
            {"lam": "0.5"},
            lambda y: y.errors[0] > 2.9 * y.errors[2] and y.rows.agreement.purity < y.means("purity")[2],
        ),
        Try(
            t(
                "λ = 1：两个种子的平均纯度高过 λ = 2.5 的五个",
                "λ = 1: the two seeds' mean purity is above that of the five at 2.5",
            ),
            {"lam": "1"},
            lambda y: y.means("purity")[1] > y.means("purity")[2] and y.rows.agreement.purity > 0.6,
        ),
        Try(
            t("λ = 10：画得最像，簇并没有更纯", "λ = 10: the most faithful pictures, but no purer clusters"),
            {"lam": "10"},
            lambda y: y.errors[3] == min(y.errors) and y.rows.agreement.purity < y.means("purity")[2],
        ),
    )

    lam: str = choice("2.5", {f"{lam}": t(f"λ = {lam}", f"λ = {lam}") for lam in ("0.5", "1", "2.5", "10")}, label=t("λ（1/像素的方差）", "λ (1 over a pixel's variance)"))  # fmt: skip
    measure: str = choice("purity", MEASURES, label=t("指标", "Measure"))
    count: int = slider(12, 4, 16, label=t("每簇几张", "Pictures a cluster"))

    def compute(self) -> Weighed:
        from core.vae.vae_clustering.views import weighed

        return weighed(float(self.lam), self.count)

    def show(self, y: Weighed, say: Say) -> Mapping[str, Any]:
        return {
            "curves": pictures.weighed(y, float(self.lam), self.measure, say),
            "rows": pictures.clusters(y.rows, "mnist28", say),
        }


class Film(TrainingFilm, Data):
    question = t(
        "十个中心是怎样分开的？前两千步像不像失败？",
        "How do the ten centres part, and do the first two thousand steps look like failure?",
    )
    least = ("loss", t("测试图上的损失", "loss on test pictures"))
    shown = (
        ("purity", t("纯度", "purity")),
        ("hungarian accuracy", t("匈牙利", "Hungarian")),
        ("nmi", t("互信息", "mutual information")),
    )
    also = (("loss", t("损失", "loss")),)

    @property
    def weights(self) -> str:
        return f"{NAME}-{self.data}"


POST = Post(
    id=5887,
    title=t("变分自编码器（四）：一步到位的聚类方案", "Variational autoencoders (4): clustering in one go"),
    date=datetime.date(2018, 9, 17),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Kingma and Welling 2013, Auto-Encoding Variational Bayes", "https://arxiv.org/abs/1312.6114"),
        ("Jiang et al. 2016, Variational Deep Embedding: An Unsupervised and Generative Approach to Clustering", "https://arxiv.org/abs/1611.05148"),
        ("Xie, Girshick and Farhadi 2015, Unsupervised Deep Embedding for Clustering Analysis", "https://arxiv.org/abs/1511.06335"),
    ),
)  # fmt: skip

PAGE = Page(
    title=t("会聚类的 VAE", "A VAE that clusters"),
    summary=t(
        "一个目标同时学会聚类与按簇生成：十个中心、每簇的样本、一张图的 p(y|z)，与 K-means 比。",
        "One objective learns to cluster and to sample by cluster: ten centres, samples of each, p(y|z), beside K-means.",
    ),
    post=POST,
    tabs=(Clusters, Sample, Draw, Confusion, Lambda, Kmeans, Film),
    added=datetime.date(2026, 11, 27),
    weights=(*(f"{NAME}-{data}" for data in DATA_NAMES), *(f"{NAME}-lam-{lam}-mnist28" for lam in ("0.5", "1", "10"))),
)
