"""Engine: what every door shares: the catalogue, the runner, links, files, HTML and words."""
