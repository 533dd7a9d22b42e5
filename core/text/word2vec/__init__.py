"""Word2Vec (posts 4515 and 4402): CBOW and skip-gram, four losses, what each of them converges to, and the models that ship."""
