"""Texts of the clustering VAE's page: the story of the post and what was changed."""

from __future__ import annotations

from gallery.page import t

__all__ = ["CHANGES", "STORY"]

STORY = t(
    r"""
**既聚类，又按类生成，一步到位。** 普通的 VAE 只有一个连续的隐变量 $z$。再加一个离散的类别 $y\in\{1,\dots,K\}$，隐变量就成了 $(z,y)$，而目标不变：让两个联合分布尽量接近，

$$KL\big(p(x,z,y)\,\big\|\,q(x,z,y)\big)=\iint\sum_y p(z,y|x)\tilde p(x)\ln\frac{p(z,y|x)\tilde p(x)}{q(x|z,y)\,q(z,y)}\,dz\,dx$$

**五个选择。** 类别只通过编码决定：$p(z,y|x)=p(y|z)\,p(z|x)$；图只由编码画出：$q(x|z,y)=q(x|z)$；每一类是一个高斯，中心可训练：$q(z,y)=q(z|y)\,q(y)$，$q(z|y)=N(\mu_y,I)$，$q(y)=1/K$。其中 $p(z|x)=N(\mu(x),\sigma^2(x))$ 是编码器，$p(y|z)$ 是一个对**编码**分类的小网络，$q(x|z)$ 是方差为 $1/\lambda$ 的高斯，均值是解码器的输出 $\hat x$。代入，略去常数：

$$\mathcal L=\mathbb E\Big[\tfrac{\lambda}{2}\|x-\hat x\|^2+\sum_y p(y|z)\Big(-\tfrac12\sum_i\ln\sigma_i^2(x)+\tfrac12\|z-\mu_y\|^2\Big)+\sum_y p(y|z)\ln p(y|z)\Big],\quad z\sim p(z|x)$$

**每一项在做什么。** 第一项要编码记住图；第二项要编码落在自己那一类的中心附近，于是中心之间分开，类就出来了；第三项是负熵，被最小化，也就是**让每一个样本的 $p(y|z)$ 尽量均匀**，防止过早定类——它不是让各类大小均衡的项。所有的范数都是求和，对像素也是；写成平均，$\lambda$ 就差了 784 倍。

**聚类与生成。** 图 $x$ 的类是 $p(y|\mu(x))$ 最大的 $y$；要第 $y$ 类的样本，就取 $z=\mu_y+\varepsilon$ 再解码。训练里没有用过一个标签。原文报告：每一簇取占多数的标签，测试集准确率 MNIST 约 83 %（另一版本 84.5 %），Fashion-MNIST 58.5 %（另一版本 60.6 %）。
""",
    r"""
**Clusters, and samples by cluster, in one go.** An ordinary VAE has one continuous latent variable $z$. With a discrete kind $y\in\{1,\dots,K\}$ added, the latent variable is $(z,y)$ and the objective stays what it was, to bring two joint distributions together:

$$KL\big(p(x,z,y)\,\big\|\,q(x,z,y)\big)=\iint\sum_y p(z,y|x)\tilde p(x)\ln\frac{p(z,y|x)\tilde p(x)}{q(x|z,y)\,q(z,y)}\,dz\,dx$$

**Five choices.** The kind is decided from the code alone, $p(z,y|x)=p(y|z)\,p(z|x)$; the picture is drawn from the code alone, $q(x|z,y)=q(x|z)$; and every kind is a Gaussian with a trained centre, $q(z,y)=q(z|y)\,q(y)$, $q(z|y)=N(\mu_y,I)$, $q(y)=1/K$. Here $p(z|x)=N(\mu(x),\sigma^2(x))$ is the encoder, $p(y|z)$ a small network that classifies **codes**, and $q(x|z)$ a Gaussian of variance $1/\lambda$ around the decoder's output $\hat x$. Put in, without constants:

$$\mathcal L=\mathbb E\Big[\tfrac{\lambda}{2}\|x-\hat x\|^2+\sum_y p(y|z)\Big(-\tfrac12\sum_i\ln\sigma_i^2(x)+\tfrac12\|z-\mu_y\|^2\Big)+\sum_y p(y|z)\ln p(y|z)\Big],\quad z\sim p(z|x)$$

**What each term does.** The first has the code remember the picture. The second draws a code towards the centre of its own kind, so that centres part and kinds appear. The third is minus an entropy and is minimised: it **keeps $p(y|z)$ of each single picture as even as it can**, against deciding too soon; it does not balance the sizes of the clusters. All norms are sums, over pixels too: with means, $\lambda$ is off by 784.

**To cluster and to sample.** The kind of a picture $x$ is the $y$ with the largest $p(y|\mu(x))$; a sample of kind $y$ is the decoded $z=\mu_y+\varepsilon$. No label is used in training. The post reports, naming each cluster by its most frequent label, about 83 % right on MNIST's test set (84.5 % in another version) and 58.5 % on Fashion-MNIST (60.6 %).
""",
)

CHANGES = t(
    r"""
- 原文的编码器、解码器各是四层卷积，训练 50 轮（3 万步）。本站的机器只有 CPU，那样一个种子约需两小时；随附的权重把卷积换成一层 500 个单元的全连接，步数也少，数字见模型卡。原作者的网络与步数是训练脚本里的预设 `full`，尚未跑过。损失、$\lambda=2.5$、20 维编码、分类器、批大小 100、Adam(1e-3) 都照原文。
- 所以数字上的准确率低于原文是意料之中的：网络较小，步数只有三分之一，停下时纯度还在上升。与 K-means 相比互有胜负。每个种子、每个对照的数字都摆在“与 K-means 比”一页。
- 随附哪一个种子，由测试图上的**损失**决定，不看标签；它不一定是纯度最高的那个。
- 原文的指标是纯度（每簇取占多数的标签）。匈牙利匹配（一个标签只能给一簇）和归一化互信息为本页所加，K-means 的对照也是。
- Fashion-MNIST 只用了训练集中随机的一半（3 万张）。
- 权重旁附有全部 1 万张测试图的编码 $\mu(x)$（半精度）与标签，没有数据集的图；纯度、混淆矩阵、离中心的远近都由随附的分类器从这些编码现算。测试图默认画的是由编码重画的 $G(\mu(x))$；数据集取得到时，可以改看前 1000 张测试图的原图。
- 贝叶斯后验的对照、“同一位置换一个中心”的解码、手写一个数字，以及另外几个 $\lambda$（各两个种子，网络与步数同 $\lambda=2.5$ 的五个）的比较，都为本页所加。
""",
    r"""
- The post's encoder and decoder have four convolutions each and are trained for 50 epochs (30 000 steps). On the CPUs at hand that is about two hours a seed; the weights here have one dense layer of 500 units in the place of the convolutions, and fewer steps, as the card says. The author's networks and steps are the recipe's preset `full`, which has not been run. The loss, $\lambda=2.5$, codes of 20 numbers, the classifier, batches of 100 and Adam(1e-3) are the post's.
- Accuracy on digits below the post's is therefore to be expected: the networks are smaller, the steps a third, and purity was still rising at the end. Against K-means it is now better, now worse. The figures of every seed and every rival stand under “Against K-means”.
- Which seed ships is decided by the **loss** on test pictures, without labels; it need not be the one of the largest purity.
- The post measures purity (every cluster has the name of its most frequent label). Hungarian matching (each label names one cluster only) and normalised mutual information are added, and so is the comparison with K-means.
- Of Fashion-MNIST a random half (30 000) of the training set is used.
- The codes $\mu(x)$ of all 10 000 test pictures (in half precision) and their labels stand beside the weights, and no picture of the data sets; purity, confusion and nearness to a centre are computed from the codes by the shipped classifier. Test pictures are shown as redrawn from the code, $G(\mu(x))$; where the data set can be had, the first 1 000 themselves may be shown instead.
- The comparison with Bayes' rule, the decodings of one place around every centre, the drawing of a digit, and the other $\lambda$ (two seeds each, with the networks and steps of the five at $\lambda=2.5$) are added.
""",
)
