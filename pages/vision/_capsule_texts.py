"""The posts behind the capsules, in our words, and what differs."""

from __future__ import annotations

from gallery.page import t

STORY = t(
    r"""
**路由就是聚类。** 每个下层胶囊 $i$ 用矩阵 $W_{ij}$ 给每个上层胶囊 $j$ 投一票 $\hat u_{ij}$；上层胶囊是这些票的聚类中心。所以“有多少种聚类算法就有多少种动态路由”。

动态路由（4819、5112 两篇）是一种软的 K-means，距离取 $-\langle \hat u,v/\|v\|\rangle$。从 $b_{ij}=0$ 开始，重复 $r$ 次：

$$c_{ij}=\mathrm{softmax}_j(b_{ij}),\quad v_j=\sum_i c_{ij}\hat u_{ij},\quad b_{ij}=\Big\langle \hat u_{ij},\frac{v_j}{\|v_j\|}\Big\rangle,\qquad \mathrm{squash}(v)=\frac{\|v\|}{0.5+\|v\|^2}\,v.$$

注意 $b$ 是**赋值**而不是累加，分母里是 0.5 而不是 1。胶囊的长度就是“这个数字在图里”的概率。

**三味（5155）。** 新论文把向量换成 $4\times4$ 矩阵，票是矩阵乘积 $V_{ij}=P_iW_{ij}$；聚类换成高斯混合模型：

$$r_{ij}=\frac{a_iR_{ij}}{\sum_i a_iR_{ij}},\quad \mu_j=\sum_i r_{ij}V_{ij},\quad \sigma_j^2=\sum_i r_{ij}(V_{ij}-\mu_j)^2,\quad R_{ij}=\frac{a_jp_{ij}}{\sum_j a_jp_{ij}},$$
$$\mathrm{cost}_j=\sum_h(\beta_u+\log\sigma_j^h)\sum_i a_iR_{ij},\qquad a_j=\mathrm{sigmoid}\big(\lambda(\beta_a-\mathrm{cost}_j)\big).$$

原文的看法：代价其实是这一类的**熵** $S_j=\frac d2(1+\log2\pi)+\sum_h\log\sigma_j^h$。票越一致，熵越小，胶囊越活跃。论文在熵上乘的是 $\sum_i a_iR_{ij}$ 而不是 $\sum_i r_{ij}=1$，没有解释。

**两个数字的实验（4819）。** 只用单个数字训练，拿上下拼在一起的两个不同数字来测。普通 CNN（A）两个都对约 40%，再要求两个概率都过 0.5 只剩约 10%；胶囊（B）两项都在 90% 以上，用这里的路由约 95%。两者认单个数字都是 99.3%。
""",
    r"""
**Routing is clustering.** Every capsule $i$ below casts a vote $\hat u_{ij}$ for every capsule $j$ above through a matrix $W_{ij}$; the capsules above are the centres of these votes. Hence "as many routings as clusterings".

Dynamic routing (posts 4819, 5112) is a soft K-means with the distance $-\langle \hat u,v/\|v\|\rangle$. From $b_{ij}=0$, $r$ times:

$$c_{ij}=\mathrm{softmax}_j(b_{ij}),\quad v_j=\sum_i c_{ij}\hat u_{ij},\quad b_{ij}=\Big\langle \hat u_{ij},\frac{v_j}{\|v_j\|}\Big\rangle,\qquad \mathrm{squash}(v)=\frac{\|v\|}{0.5+\|v\|^2}\,v.$$

Mind that $b$ is **assigned**, not added to, and that the denominator has 0.5 in place of 1. The length of a capsule is the probability that its digit is there.

**The third taste (5155).** The newer paper has $4\times4$ matrices in place of vectors, a vote is a product of matrices $V_{ij}=P_iW_{ij}$, and the clustering is a Gaussian mixture:

$$r_{ij}=\frac{a_iR_{ij}}{\sum_i a_iR_{ij}},\quad \mu_j=\sum_i r_{ij}V_{ij},\quad \sigma_j^2=\sum_i r_{ij}(V_{ij}-\mu_j)^2,\quad R_{ij}=\frac{a_jp_{ij}}{\sum_j a_jp_{ij}},$$
$$\mathrm{cost}_j=\sum_h(\beta_u+\log\sigma_j^h)\sum_i a_iR_{ij},\qquad a_j=\mathrm{sigmoid}\big(\lambda(\beta_a-\mathrm{cost}_j)\big).$$

The post's insight: the cost is the **entropy** of the cluster, $S_j=\frac d2(1+\log2\pi)+\sum_h\log\sigma_j^h$. The better the votes agree, the smaller it is, and the more active the capsule. The paper multiplies it by $\sum_i a_iR_{ij}$ where $\sum_i r_{ij}=1$ would be expected, without an explanation.

**Two digits at once (4819).** Trained on single digits alone, tested on two different digits one above the other. A plain CNN (A) has both right in about 40 %, and in about 10 % with both probabilities above 0.5; capsules (B) above 90 % in both measures, about 95 % with the routing used here. Both tell 99.3 % of single digits.
""",
)
CHANGES = t(
    r"""
- **两个数字的网**：宽度取一半（32、64 个通道，作者 64、128），每种三个种子，各训练 3 轮（作者 A 20 轮、B 10 轮），权重取滑动平均，处理器支持时用 bfloat16。结构、间隔损失、Adam、批 128、$r=3$ 都照作者的脚本。两个数字的图（MNIST 测试集的前 2000 个数字拼成）只用来测，没有用它挑任何设置。“只有这两个过 ½”与“不更新耦合（$r=1$）”两项测量为本站所加。
- **矩阵胶囊**：很小（A = 32、B = C = 8，只有一层卷积胶囊，28×28 的 MNIST，2 次迭代，训练 4 轮）。卷积胶囊的窗口不重叠，于是每个下层胶囊只有一个窗口的上层，E 步的归一化是准确的。cost 在上层胶囊之间先标准化再进 sigmoid：不这样做，这个小网一开始就全部饱和，学不动。$\sigma^2\ge10^{-4}$，$\lambda=20(1-0.95^{t+1})$。论文的 smallNORB（1.8%）没有复现。
- **姿态的解码器**：本站所加，与 2017 年论文的重构相仿，和胶囊一起训练；动一个数之后的宽、高、斜度也是本站量的。
- **平面聚类**：每个上层胶囊收到同样的票，所以靠初值（可拖动）而不是 $W_{ij}$ 来区分；EM 路由的 $a_j$ 取标准化的 cost。“代价”“挪开”两页、$\kappa$ 与迭代的滑块、手写输入为本站所加。手写的数字会像 MNIST 那样缩放到 20×20 并按重心居中。
""",
    r"""
- **The readers of two digits** have half the width (32 and 64 channels; the author's 64 and 128), three seeds of each kind, three epochs each (the author: 20 for A, 10 for B), averaged weights, and bfloat16 where the processor has it. Layers, margin loss, Adam, batches of 128 and $r=3$ are those of the author's script. Pictures of two digits (put together from the first 2000 of MNIST's test set) are only measured: no setting was chosen by them. Two measures are added: that these two and no other lie above ½, and both right with the coupling never updated ($r=1$).
- **The matrix capsules** are few (A = 32, B = C = 8, one layer of convolutional capsules, MNIST at 28×28, 2 iterations, trained for four epochs). The windows do not overlap, so that every capsule below has the parents of one window alone and the E-step is normalised exactly. The costs of the capsules above are standardised among themselves before the sigmoid: without that this small net is saturated from the start and does not learn. $\sigma^2\ge10^{-4}$, $\lambda=20(1-0.95^{t+1})$. The paper's smallNORB (1.8 %) is not reproduced.
- **The decoder of the pose** is added, after the reconstruction of the 2017 paper, and trained along; so are the width, height and slant measured when a number is moved.
- **In the plane** every capsule above gets the same votes, so that the starts, which can be dragged, tell them apart and not $W_{ij}$; EM routing takes $a_j$ from the standardised cost. The tabs on the cost and on moving digits apart, the sliders of $\kappa$ and of the rounds, and drawing are added here. A drawing is scaled to 20×20 and centred by mass, as MNIST's digits are.
""",
)
