"""BiGAN-QP (post 6214): an encoder beside the generator, and a critic that sees picture and code together."""
