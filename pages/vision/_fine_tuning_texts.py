"""The post behind fine-tuning, in our words, what differs, and the words that its tabs share."""

from __future__ import annotations

from collections.abc import Mapping

from gallery.page import Text, t

__all__ = ["CHANGES", "FAR_NAMES", "KIND_NAMES", "PART_NAMES", "SOURCE_NAMES", "STORY", "SWITCH_NAMES", "WITHOUT_NAMES"]

KIND_NAMES: tuple[Text, ...] = (
    t("雏菊", "daisy"),
    t("蒲公英", "dandelion"),
    t("玫瑰", "rose"),
    t("向日葵", "sunflower"),
    t("郁金香", "tulip"),
)
SOURCE_NAMES: Mapping[str, Text] = {
    "shipped": t("留出的照片", "A held-out photograph"),
    "own": t("自己的照片", "Your own photograph"),
}
SWITCH_NAMES: Mapping[str, Text] = {
    "rotate": t("旋转 ±10°", "Rotate ±10°"),
    "zoom": t("缩放 0.8–1.2", "Zoom 0.8–1.2"),
    "flip": t("左右翻转", "Mirror"),
    "mask": t("遮掉四分之一", "Mask a quarter"),
    "join": t("同类拼接", "Join two of a kind"),
}
WITHOUT_NAMES: Mapping[str, Text] = {
    "gate": t("GLU 的门", "GLU's gate"),
    "centre": t("centre loss", "centre loss"),
    "auxiliary": t("辅助 softmax", "aux. softmax"),
    "bare": t("门与中心", "gate, centres"),
    "rotate": t("旋转", "rotation"),
    "zoom": t("缩放", "zoom"),
    "flip": t("翻转", "mirror"),
    "mask": t("遮挡", "mask"),
    "join": t("拼接", "joining"),
    "augmentations": t("全部扩增", "augmentation"),
    "longer": t("第一阶段加倍", "stage 1 doubled"),
}
FAR_NAMES: Mapping[str, Text] = {
    "frozen": t("只训练第一阶段（主干冻结）", "Stage 1 alone (frozen trunk)"),
    "whole": t("三个阶段都训练", "All three stages"),
}
PART_NAMES: Mapping[str, Text] = {
    "stem": t("首层", "stem"),
    "block 1": t("块 1", "block 1"),
    "block 2": t("块 2", "block 2"),
    "block 3": t("块 3", "block 3"),
    "exit 1": t("出口 1", "exit 1"),
    "exit 2": t("出口 2", "exit 2"),
}
STORY = t(
    r"""
**问题。** 百度的分狗竞赛：给一张照片，说出是 100 种狗中的哪一种，训练照片约 18,000 张。从零训练太少，于是取一个在 ImageNet 上训练好的 Xception，去掉它的分类层，换上自己的头，**微调**。原文得到约 80% 的正确率。

**头。** 主干给出向量 $h$。特征是一个门控线性单元（GLU），每个分量都由一个门决定放行多少：

$$f=(W_1h+b_1)\odot\sigma(W_2h+b_2)\in\mathbb R^{64},\qquad p_0=\operatorname{softmax}(Vf+c).$$

**损失。** 除了交叉熵，还有两项：centre loss 把特征拉向自己类的中心 $c_y$（中心是一个 Embedding，一起训练）；辅助的 softmax $p_1$ 直接接在 $h$ 上：

$$-\log p_0(y)+\tfrac14\,\lVert f-c_y\rVert^2-\tfrac14\log p_1(y).$$

由 $\partial\lVert f-c_y\rVert^2/\partial c_y=-2(f-c_y)$，特征固定时最优的中心就是类均值。

**三个阶段。** ① 冻结主干，用 Adam 训练头；② 放开 Xception 的最后两个块（block13、14），用小学习率的 SGD（$10^{-4}$，动量 0.9）；③ 去掉强的数据扩增，继续训练。

**数据扩增。** 旋转 ±10°；缩放 0.8–1.2，缩小的图贴在另一张训练图上；左右翻转；以一半的概率遮掉四分之一；两张**同类**的照片拼成一张（上下、左右、两条对角线）。每批先按频率选类，再从每类取两张。

**预测** 用 $\alpha p_0+(1-\alpha)p_1$，$\alpha$ 在 0, 0.01, …, 1 上逐个试。
""",
    r"""
**The question.** Baidu's dog contest: given a photograph, name one of 100 breeds, with some 18 000 photographs to train on. That is too little to train from nothing, so one takes an Xception trained on ImageNet, removes its classifier, gives it a head of one's own, and **fine-tunes**. The post reaches about 80 %.

**The head.** The trunk gives a vector $h$. The feature is a gated linear unit (GLU): a gate decides how much of each component passes:

$$f=(W_1h+b_1)\odot\sigma(W_2h+b_2)\in\mathbb R^{64},\qquad p_0=\operatorname{softmax}(Vf+c).$$

**The loss.** Beside the cross-entropy there are two terms. The centre loss pulls the feature towards the centre $c_y$ of its class (the centres are an embedding and are trained too); an auxiliary softmax $p_1$ stands on $h$ itself:

$$-\log p_0(y)+\tfrac14\,\lVert f-c_y\rVert^2-\tfrac14\log p_1(y).$$

As $\partial\lVert f-c_y\rVert^2/\partial c_y=-2(f-c_y)$, the best centre for fixed features is the mean of the class.

**Three stages.** (1) The trunk is frozen, Adam trains the head. (2) The last two blocks of Xception (13 and 14) are unfrozen, with SGD at a small rate ($10^{-4}$, momentum 0.9). (3) The same without the strong augmentation.

**Augmentation.** Rotation by ±10°; zoom by 0.8–1.2, where a shrunk picture is pasted on another training picture; mirror images; a quarter masked with probability one half; two photographs of the **same** class joined into one (above and below, left and right, along either diagonal). A batch first draws classes by frequency, then two pictures of each.

**Prediction** uses $\alpha p_0+(1-\alpha)p_1$, where $\alpha$ is tried at 0, 0.01, …, 1.
""",
)
CHANGES = t(
    r"""
- **不是狗，是花。** 百度的狗这里得不到，Stanford Dogs 只许非商业使用，所以训练用 3,670 张花（五类，CC BY 2.0），64×64 像素。正确率与原文不可比。
- **预训练不是 ImageNet。** 这里没有 ImageNet 的权重。主干是一个约 26 万参数的小 Xception（三个残差块加两层可分离卷积），先在 8,500 张 CIFAR-10（十类物体，没有花）上做有监督的分类。
- **步数少得多**：第一阶段 400 步，第二、三阶段各 100 步（原文 6,000 步一个阶段）。原文的学习率 $10^{-4}$ 在这么少的步数里几乎不动，所以另试 $10^{-3}$ 与 $10^{-2}$，由验证集选。
- 扩增预先做好，每张照片两份，三个阶段都从中取（原文每次重新扩增）。一批是五类中的 4 类（按频率抽），每类 8 张。
- 归一化层的统计量在三个阶段都冻结。插值用双线性（原文最近邻）。
- $\alpha$ 在从训练集分出的十分之一上搜索，再在另外的留出照片上测；原文在同一个验证集上又搜又报。
- 二维平面、门的开关、消融与标准误、近邻，为本站所加；“没有预训练”的两个对照也是，各只有一个种子。**从零训练**：整个网络只用花训练 200 步（Adam），与选定学习率下走完三个阶段相差在噪声内，所以这里看不出预训练的好处。**随机主干**：主干不训练、冻结，归一化的统计量只用几百张花估计，没有收敛；它几乎把每张都叫作蒲公英，只说明这样的头学不到东西，不能用来证明预训练有用。
- 三个种子、几百步，能分辨的只有一到三个百分点以上的差别：大多数成分落在噪声之内，这不等于它们在原文的规模上没有用。
- 随附 60 张留出照片，每类随机 12 张，没有挑选。照片来自 Flickr，CC BY 2.0，缩小为 64×64，页面给出每张的 Flickr 编号。
""",
    r"""
- **Flowers, not dogs.** Baidu's dogs cannot be had here and Stanford Dogs is non-commercial, so the training uses 3 670 flowers of five kinds (CC BY 2.0) at 64×64 pixels. Accuracies cannot be compared with the post's.
- **No ImageNet.** Its weights are not to be had here. The trunk is a small Xception of some 0.26 million parameters (three residual blocks, two more separable convolutions), first trained with labels on 8 500 pictures of CIFAR-10: ten kinds of objects, no flower among them.
- **Far fewer steps**: 400 in stage 1, 100 each in stages 2 and 3 (the post: 6 000 a stage). In so few steps the post's rate of $10^{-4}$ hardly moves anything, so $10^{-3}$ and $10^{-2}$ are tried too, and a validation set chooses.
- Augmentation is done beforehand, two copies of each photograph for every stage (the post augments anew each time). A batch holds 4 of the five kinds, drawn by frequency, 8 pictures of each.
- The statistics of the normalisation stay frozen in all stages. Interpolation is bilinear (the post: nearest).
- $\alpha$ is searched on a tenth of the training pictures and measured on other, held-out ones; the post searches and reports on one validation set.
- The plane of two features, the gates, the ablations with standard errors and the neighbours are added here, and so are two controls without pre-training, of one seed each. **From scratch**: the whole network trained on flowers alone for 200 steps of Adam; all three stages at the chosen rate differ from it by no more than noise, so that pre-training shows no benefit here. **Random trunk**: untrained and frozen, its normalisation statistics estimated on a few hundred flowers and not settled; it calls nearly every photograph a dandelion. That says only that such a head learns nothing, and is no proof that pre-training helps.
- Three seeds and a few hundred steps can tell only differences above some one to three points: most ingredients lie within noise, which does not mean that they are of no use at the post's scale.
- Sixty held-out photographs ship, twelve of each kind drawn at random, none chosen. They come from Flickr under CC BY 2.0, reduced to 64×64; the page gives the Flickr number of each.
""",
)
