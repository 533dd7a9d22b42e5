"""The plane bench: every objective of the blog's GANs on the same small networks in the plane, trained while a reader watches."""
