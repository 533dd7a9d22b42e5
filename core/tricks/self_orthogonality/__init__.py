"""The self-orthogonality module (post 7169; Zhang et al. 2020): angles between a layer's kernels, read off the signs of its outputs.

Lemma: for x whose distribution is the same in all directions, E sgn(xᵀu) sgn(xᵀv) = 1 − 2θ/π with θ the angle of u and v. The
module takes Y = XW of the batch, tanh(γY) for the signs, columns of length 1 over the batch, ϑ = YᵀY [k, k], and keeps ϑ_ij
(i ≠ j) small. ``angles`` has the lemma and the penalties, ``training`` a dense net, ``kernels`` a convolution, ``packing`` what
is possible at best.
"""
