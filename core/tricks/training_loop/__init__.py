"""A training loop and what a reader wants to hang on it (post 6311, “让Keras更酷一些！”：随意的输出和灵活的归一化).

The post's own: losses without targets, metrics, the progress bar (``bar``), weights held to a norm (``weights``) and the
spectral norm by power iteration (``spectral``). Added, from later posts of the series and elsewhere: moving averages of the
weights (``averaging``), accumulated gradients (``accumulation``), virtual adversarial training (``vat``). ``run`` has them
all in one loop.
"""
