"""The post behind the reader of spectra, in our words, what differs, and the words that its tabs share."""

from __future__ import annotations

from collections.abc import Mapping

from gallery.page import Text, t

STORY = t(
    r"""
**问题。** LAMOST（郭守敬望远镜）拍下的一条光谱是 2600 个数。它是恒星、星系、类星体，还是看不清的“未知”？这是一场天池比赛，原文用一维卷积得到 0.82 以上的 macro-F1（单模型，第四、五名）。

**网络。** 每一层把宽度 3 的卷积做成 $2f$ 个通道，过 ReLU，再把前后两半**相加**：

$$x\leftarrow a(x)+b(x),\qquad (a,b)=\operatorname{ReLU}(\operatorname{conv}(x)).$$

三层一块，膨胀率 1、2、4，块外有残差；八块，通道 16、16、32、32、64、64、128、128，块间最大池化 2；然后 Dropout 掉**整个时间步**（所有通道一起），对波长取全局最大，两层全连接。参数 748,324 个，末层一个数看得到 3698 个点，比整条光谱还长。

**损失。** 比赛按 macro-F1 计分。先用交叉熵训练，再从最好的权重出发，直接优化光滑化的 F1：

$$-\log\frac14\sum_{c}\frac{2\sum y_c\hat y_c}{\sum (y_c+\hat y_c)} .$$

原文报告：一开始就用它则不收敛。
""",
    r"""
**The question.** A spectrum taken by LAMOST, the Guo Shoujing telescope, is 2600 numbers. Is it a star, a galaxy, a quasar, or too poor to tell? This was a Tianchi contest, in which the post's one-dimensional convolutions reached a macro-F1 above 0.82 (single model, fourth to fifth).

**The net.** Each layer is a convolution of width 3 to $2f$ channels, a ReLU, and the **sum** of its two halves:

$$x\leftarrow a(x)+b(x),\qquad (a,b)=\operatorname{ReLU}(\operatorname{conv}(x)).$$

Three layers make a block, with dilations 1, 2, 4 and a residual connection; there are eight, of 16, 16, 32, 32, 64, 64, 128, 128 channels, with max-pooling by two between. Then a dropout of **whole time steps** (all channels at once), the global maximum over the wavelengths, and two dense layers. 748 324 parameters; one number of the last block sees 3698 points, more than the whole spectrum.

**The loss.** The contest counts macro-F1. First the net is trained by cross-entropy; from the best weights a smoothed F1 is optimised itself:

$$-\log\frac14\sum_{c}\frac{2\sum y_c\hat y_c}{\sum (y_c+\hat y_c)} .$$

The post reports that it does not converge when used from the start.
""",
)
CHANGES = t(
    r"""
- **数据是合成的**：比赛的光谱拿不到。这里用公开模板（DESI 的 redrock、SDSS）拟合每一类的线性模型，再加红移、红化、定标误差、噪声与天光线残差。比真实任务容易得多，分数不能与原文的 0.82 相比。
- “未知”在这里就是噪声大的光谱（信噪比 0.1–3），与其余三类（1–60）有重叠，因为真实的“未知”也是人判的。
- 176 条真实的 LAMOST 恒星光谱只用来核对，结果照实给出；光谱本身不随本站发布。
- 网络与原文相同，训练短得多（1400 步，每批 48 条；原文 50×500 步，每批 160 条），类的比例也不同，输入除以中位数而不是 100。
- 谱线位置、梯度、类别比例对 F1 的影响、两种 Dropout 的比较为本站所加。
""",
    r"""
- **The data are synthetic**: the contest's spectra cannot be had. Linear models of each kind, fitted to public templates (redrock of DESI, SDSS), are shifted, reddened, miscalibrated and covered with noise and the rests of sky lines. The task is much easier than the real one, and its scores cannot be compared with the post's 0.82.
- "Unknown" here means noisy (signal to noise 0.1–3), and overlaps with the other classes (1–60), as the real label was a judgement too.
- 176 real spectra of LAMOST stars serve as a check alone, reported as it came out; the spectra themselves do not ship.
- The net is the post's; the training is far shorter (1400 steps of 48 spectra; the post: 50 × 500 of 160), the shares of the classes differ, and the input is divided by its median and not by 100.
- The places of lines, gradients, what the ratio of the classes does to F1, and the comparison of two dropouts are added here.
""",
)
CLASS_NAMES: Mapping[str, Text] = {
    "star": t("恒星", "star"),
    "galaxy": t("星系", "galaxy"),
    "qso": t("类星体", "quasar"),
    "unknown": t("未知", "unknown"),
}
KIND_NAMES: Mapping[str, Text] = {
    "qso": t("类星体", "Quasar"),
    "galaxy": t("星系", "Galaxy"),
    "A": t("A 型星", "A star"),
    "B": t("B 型星", "B star"),
    "F": t("F 型星", "F star"),
    "G": t("G 型星（如太阳）", "G star (like the Sun)"),
    "K": t("K 型星", "K star"),
    "M": t("M 型星", "M star"),
    "WD": t("白矮星", "White dwarf"),
    "CV": t("激变变星", "Cataclysmic variable"),
}
STAGE_NAMES: Mapping[str, Text] = {
    "f1": t("再用 F1 损失", "then the F1 loss"),
    "ce": t("只用交叉熵", "cross-entropy alone"),
}
CURVE_NAMES: Mapping[str, Text] = {
    "ce": t("交叉熵", "cross-entropy"),
    "f1": t("接着用 F1 损失", "then the F1 loss"),
    "alone": t("一开始就用 F1 损失", "the F1 loss from the start"),
}
