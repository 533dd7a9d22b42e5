"""A one-dimensional convolutional net that reads spectra (post 5505)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import FileValue, choice, seed, slider
from gallery.outputs import Metric
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.shared.tables import table_file
from pages.vision import _spectra_figures as pictures
from pages.vision._spectra_texts import CHANGES, KIND_NAMES, STAGE_NAMES, STORY

if TYPE_CHECKING:
    from core.vision.spectra.views import Looked, Losses, Masks, Noise, Own, Ratio, Read

STARS = tuple(kind for kind in KIND_NAMES if kind not in ("qso", "galaxy"))
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
STAGE = t("网络的训练", "Training of the net")
LEAST_RATIO, MOST_RATIO = 0.1, 60.0


class Sky(Tab):
    """A spectrum that the reader makes up."""

    kind: str = choice("qso", KIND_NAMES, label=t("天体", "Object"))
    qso_z: float = slider(
        1.9, 0.3, 2.35, step=0.01, label=t("红移 z", "Redshift z"), shown_when={"kind": "qso"}, play=True
    )
    galaxy_z: float = slider(
        0.1, 0.0, 0.8, step=0.01, label=t("红移 z", "Redshift z"), shown_when={"kind": "galaxy"}, play=True
    )
    speed: float = slider(
        0.0, -600.0, 600.0, step=10, label=t("视向速度", "Radial velocity"), unit="km/s", shown_when={"kind": STARS}
    )
    snr: float = slider(20.0, LEAST_RATIO, MOST_RATIO, log=True, label=t("信噪比", "Signal to noise"))
    seed: int = seed(1)

    def cost(self) -> float:
        return 1.0


class Verdict(Sky):
    label = t("判别", "Verdict")
    question = t(
        "这条光谱是什么？红移和噪声能骗过它吗？", "What is this spectrum? Can redshift or noise deceive the net?"
    )
    outputs = (outputs.figure("spectrum", height=420), FACTS, NOTE)
    tries = (
        Try(
            t("信噪比 0.3：网络说未知", "Signal to noise 0.3: the net says unknown"),
            {"snr": 0.3},
            holds=lambda y: y.said == "unknown",
        ),
        Try(
            t(
                "z = 0.9：最亮的宽线只剩 Mg II，仍认得出",
                "z = 0.9: Mg II is the one bright broad line left, and the net knows it",
            ),
            {"qso_z": 0.9},
            holds=lambda y: y.said == "qso" and 5000 < dict(y.lines)["Mg II"] < 5500,
        ),
        Try(
            t("M 型星的分子带：是恒星", "The molecular bands of an M star: a star"),
            {"kind": "M"},
            holds=lambda y: y.said == "star",
        ),
    )

    def compute(self) -> Read:
        from core.vision.spectra.views import read, scene_of

        return read(scene_of(self.kind, self.speed, self.galaxy_z, self.qso_z, self.snr, self.seed))

    def show(self, y: Read, say: Say) -> Mapping[str, Any]:
        facts = [
            Metric(say("画的是", "Drawn"), pictures.named(y.drawn, say), say("合成光谱", "synthetic")),
            Metric(say("网络说", "The net says"), pictures.named(y.said, say), f"{y.surest:.1%}"),
            Metric(
                say("红移", "Redshift"),
                f"{y.z:.4g}",
                say(f"范围内 {len(y.lines)} 条谱线", f"{len(y.lines)} named lines in range"),
            ),
        ]
        note = say(
            "波长取对数后，红移只是整条谱的平移，卷积正好不在乎平移；恒星的谱线不动，类星体的宽发射线到处跑。噪声大到一定程度，网络改口说“未知”：训练时，信噪比 1 到 3 之间两种标签都有。",
            "On a logarithmic wavelength axis a redshift is a shift of the whole spectrum, and convolutions do not mind shifts: a star's lines stay, a quasar's broad emission lines wander. With enough noise the net turns to unknown: between signal to noise 1 and 3 the training has both labels.",
        )
        return {"spectrum": pictures.spectrum(y, self.kind, self.snr, say), "facts": facts, "note": note}


class Where(Sky):
    label = t("看哪里", "Where it looks")
    question = t("它认的是谱线吗？", "Is it the lines that it goes by?")
    outputs = (outputs.figure("looked", height=480), FACTS, outputs.figure("maxima", height=260), NOTE)
    tries = (
        Try(
            t("A 型星：巴耳末线附近的梯度高于平均", "An A star: near the lines the gradient is above the average"),
            {"kind": "A"},
            holds=lambda y: y.times > 1,
        ),
        Try(
            t(
                "星系，z = 0.3：仍认作星系；它看哪里？",
                "A galaxy at z = 0.3: still read as a galaxy; where does the net look?",
            ),
            {"kind": "galaxy", "galaxy_z": 0.3},
            holds=lambda y: y.read.said == "galaxy" and len(y.read.lines) >= 5,
        ),
    )

    def compute(self) -> Looked:
        from core.vision.spectra.views import look, scene_of

        return look(scene_of(self.kind, self.speed, self.galaxy_z, self.qso_z, self.snr, self.seed))

    def show(self, y: Looked, say: Say) -> Mapping[str, Any]:
        facts = [
            Metric(
                say("谱线 ±25 Å 内的梯度", "Gradient within ±25 Å of lines"),
                f"{y.near:.0%}",
                say(f"这些地方占范围的 {y.range:.0%}", f"they are {y.range:.0%} of the range"),
            ),
            Metric(say("网络说", "The net says"), pictures.named(y.read.said, say), f"{y.read.surest:.1%}"),
        ]
        note = say(
            "梯度是“它说的那一类的 logit 减去其余各类的 log-sum-exp”对每个点流量的导数（绝对值求和，画时平滑 9 个点）。下图是全局最大池化在 128 个通道里各取自哪一段；一个位置看得到 3698 个点，所以只是大概。",
            "The gradient is that of the logit of what it says minus the log-sum-exp of the others, by the flux at each point (sizes summed; smoothed over 9 points for the eye). Below: where each of the 128 channels took its global maximum; one place sees 3698 points, so this is rough.",
        )
        return {"looked": pictures.looked(y, say), "facts": facts, "maxima": pictures.maxima(y, say), "note": note}


class Faint(Tab):
    label = t("信噪比", "Noise")
    question = t("多暗的光谱还认得出？", "How faint may a spectrum be?")
    outputs = (outputs.figure("noise", height=420), NOTE)
    budget = 100.0
    tries = (
        Try(
            t("信噪比 0.5：几乎全是“未知”", "Signal to noise 0.5: nearly all unknown"),
            {"snr": 0.5},
            holds=lambda y: y.unknown > 0.8,
        ),
        Try(
            t("信噪比 30：九成以上判对", "Signal to noise 30: more than nine in ten are right"),
            {"snr": 30.0},
            holds=lambda y: y.right > 0.9,
        ),
    )

    snr: float = slider(1.0, LEAST_RATIO, MOST_RATIO, log=True, label=t("信噪比", "Signal to noise"))
    stage: str = choice("f1", STAGE_NAMES, label=STAGE)
    seed: int = seed(1)

    def cost(self) -> float:
        return 60.0

    def compute(self) -> Noise:
        from core.vision.spectra.views import noise

        return noise(self.snr, self.seed, self.stage)

    def show(self, y: Noise, say: Say) -> Mapping[str, Any]:
        note = say(
            "曲线是训练之后在另外的种子上量的，左边的点是同样的光谱换了噪声。0.82 是原文在真实光谱上的分数，那里的难处（定标、怪异天体、标注）这里没有，所以只是放在旁边，不是比较。",
            "The curves were measured after training on other seeds: the same spectra in more and less noise. 0.82 is the post's score on real spectra, whose difficulties (calibration, odd objects, labels) are missing here: it stands beside the curves and is no comparison.",
        )
        return {"noise": pictures.by_noise(y, say), "note": note}


class Loss(Tab):
    label = t("F1 损失", "F1 loss")
    question = t("直接优化 F1，和交叉熵差在哪里？", "The F1 optimised itself: how does it differ from cross-entropy?")
    outputs = (outputs.figure("toy", height=400), outputs.figure("curves", height=360), NOTE)
    tries = (
        Try(
            t("占 1 % 的类：交叉熵更偏重压低 q", "A class of 1 %: cross-entropy favours lowering q far more"),
            {"share": 0.01},
            holds=lambda y: y.gains[1] > 5 * y.gains[0],
        ),
        Try(
            t("q = 0：软 F1 是 2p/(1+p)，p = 1 时为 1", "q near 0: the soft F1 is 2p/(1 + p)"),
            {"q": 0.001, "p": 0.999},
            holds=lambda y: y.soft > 0.99,
        ),
    )

    share: float = slider(0.1, 0.01, 0.9, log=True, label=t("这个类占多少", "Share of the class"))
    p: float = slider(0.7, 0.001, 0.999, step=0.01, label=t("p：给自己人的概率", "p: probability for its members"))
    q: float = slider(0.1, 0.001, 0.999, step=0.01, label=t("q：给外人的概率", "q: probability for the others"))

    def cost(self) -> float:
        return 1.0

    def compute(self) -> Losses:
        from core.vision.spectra.views import losses

        return losses(self.share, self.p, self.q)

    def show(self, y: Losses, say: Say) -> Mapping[str, Any]:
        note = say(
            "一个占比 $\\pi$ 的类，自己人得到概率 $p$、外人得到 $q$，则软 F1 $=\\frac{2\\pi p}{\\pi+\\pi p+(1-\\pi)q}$，交叉熵 $=-\\pi\\log p-(1-\\pi)\\log(1-q)$（每个样本，奈特）。F1 不是样本之和：一条样本的梯度取决于整批的其余样本。下图是这里训练的三条曲线；原文说一开始就用它不收敛，这里的任务容易得多，结果见标题。",
            "For a class of share $\\pi$ whose members get probability $p$ and the others $q$, the soft F1 is $\\frac{2\\pi p}{\\pi+\\pi p+(1-\\pi)q}$ and the cross-entropy $-\\pi\\log p-(1-\\pi)\\log(1-q)$ (nats a sample). The F1 is no sum over samples: the gradient of one depends on the rest of the batch. Below are the three trainings made here; the post says that the F1 loss from the start does not converge, the task here is much easier, and the title says what came of it.",
        )
        return {"toy": pictures.loss_toy(y, say), "curves": pictures.loss_curves(y, say), "note": note}


class Shares(Tab):
    label = t("类别比例", "Class ratio")
    question = t(
        "网络不变，类别的比例变了，F1 会怎样？", "The same net on another mix of classes: what becomes of the F1?"
    )
    outputs = (outputs.figure("ratio", height=420), FACTS, NOTE)
    tries = (
        Try(
            t("30 倍：macro-F1 几乎不动", "30 to one: the macro-F1 hardly moves"),
            {"factor": 30.0},
            holds=lambda y: abs(y.macro - y.even) < 0.03,
        ),
    )

    factor: float = slider(
        300.0, 1.0, 1000.0, log=True, label=t("恒星是别类的几倍", "Stars to one of each other class")
    )
    stage: str = choice("f1", STAGE_NAMES, label=STAGE)

    def cost(self) -> float:
        return 1.0

    def compute(self) -> Ratio:
        from core.vision.spectra.views import ratio

        return ratio(self.factor, self.stage)

    def show(self, y: Ratio, say: Say) -> Mapping[str, Any]:
        facts = [
            Metric(say("一样多时", "As many of each"), f"{y.even:.3f}", "macro-F1"),
            Metric(say(f"{y.factor:.3g} 倍时", f"{y.factor:.3g} to one"), f"{y.macro:.3f}", "macro-F1"),
            Metric(
                say("按比赛的比例", "In the contest's mix"),
                f"{y.survey:.3f}",
                say("恒星 442,969、类星体 1,363（凭记忆）", "442 969 stars, 1363 quasars (from memory)"),
            ),
        ]
        note = say(
            "召回率不随比例变，精确率会：恒星多到 300 倍，哪怕千分之几的恒星被误判成星系，也和真的星系一样多。由混淆矩阵的各行换上新的比例精确算出。这是 0.82 难的原因之一。",
            "Recall does not change with the mix, precision does: with 300 stars to one galaxy, a few stars in a thousand taken for galaxies are as many as the galaxies there are. Computed exactly, from the rows of the confusion matrix with new shares. It is one reason why 0.82 was hard.",
        )
        return {"ratio": pictures.by_ratio(y, say), "facts": facts, "note": note}


class Steps(Sky):
    label = t("丢时间步", "Dropping steps")
    question = t("为什么丢掉整个时间步，而不是单个元素？", "Why drop whole time steps, and not single elements?")
    outputs = (outputs.figure("dropped", height=420), NOTE)
    tries = (
        Try(
            t("丢 80 %：丢整步的摆动更大", "80 % dropped: whole steps sway it more"),
            {"rate": 0.8},
            holds=lambda y: y.spreads[0] > 1.2 * y.spreads[1],
        ),
        Try(
            t("A 型星：丢单个元素几乎没有影响", "An A star: single elements hardly matter"),
            {"kind": "A"},
            holds=lambda y: y.spreads[0] > 3 * y.spreads[1],
        ),
    )

    snr: float = slider(1.1, LEAST_RATIO, MOST_RATIO, log=True, label=t("信噪比", "Signal to noise"))
    rate: float = slider(0.5, 0.1, 0.9, step=0.05, label=t("丢掉的比例", "Share dropped"))

    def compute(self) -> Masks:
        from core.vision.spectra.views import masks, scene_of

        return masks(
            scene_of(self.kind, self.speed, self.galaxy_z, self.qso_z, self.snr, self.seed), self.rate, self.seed
        )

    def show(self, y: Masks, say: Say) -> Mapping[str, Any]:
        note = say(
            "后面是对时间步取最大。丢单个元素时，每个通道各自少了几步，最大值总能从旁边补上；丢整步时，一段波长对所有通道一起消失，网络不能只靠一处谱线。",
            "A maximum over the steps follows. Where single elements are dropped, each channel misses other steps and finds its maximum nearby; where whole steps go, a stretch of wavelengths is gone for all channels at once, and the net cannot rely on one line.",
        )
        return {"dropped": pictures.dropped(y, say), "note": note}


class Yours(Tab):
    label = t("真实光谱", "Real spectra")
    question = t(
        "没见过真实光谱的网络，认得真实的恒星吗？", "Does a net that never saw a real spectrum know real stars?"
    )
    outputs = (outputs.figure("real", height=360), outputs.figure("own", height=400), NOTE)

    data: FileValue = table_file(
        label=t("自己的光谱：波长（Å）与流量两列", "Your own spectrum: wavelength (Å) and flux"),
        examples={"quasar": "examples/quasar.csv"},
        default="quasar",
    )

    def cost(self) -> float:
        return 1.0

    def compute(self) -> Own:
        from core.vision.spectra.views import own

        return own(self.data.data if self.data else None)

    def show(self, y: Own, say: Say) -> Mapping[str, Any]:
        filled = say(
            f"两端有 {y.filled:.0%} 用最近的值补上。",
            f"{y.filled:.0%} of the range, at its ends, is filled with the nearest value.",
        )
        note = say(
            f"上：LAMOST DR1 的真实恒星，训练后量的（光谱不随本站发布）。下：您的文件，插值到 3800–8800 Å 的 2600 个点，除以中位数；{filled}波长须为真空中的。默认文件是本站画的一条合成类星体光谱。",
            f"Above: real stars of LAMOST DR1, measured after training (the spectra do not ship). Below: your file, interpolated to the 2600 points from 3800 to 8800 Å and divided by its median; {filled} Wavelengths should be those in vacuum. The default file is a synthetic quasar drawn here.",
        )
        return {"real": pictures.real_stars(y.real, say), "own": pictures.own_spectrum(y, say), "note": note}


POST = Post(
    id=5505,
    title=t(
        "基于Conv1D的光谱分类模型（一维序列分类）",
        "Spectra classified by Conv1D (classification of one-dimensional sequences)",
    ),
    date=datetime.date(2018, 5, 2),
    story=STORY,
    changes=CHANGES,
)

PAGE = Page(
    title=t("一维卷积读光谱", "Reading spectra by Conv1D"),
    summary=t(
        "恒星、星系还是类星体？拖动红移与噪声，看网络的判断和它看的谱线。",
        "Star, galaxy or quasar? Move redshift and noise, and see the verdict and the lines it goes by.",
    ),
    post=POST,
    weights=("spectra-f1", "spectra-ce", "spectra-painter"),
    tabs=(Verdict, Where, Faint, Loss, Shares, Steps, Yours),
    added=datetime.date(2026, 11, 27),
)
