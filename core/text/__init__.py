"""Chinese text: language models and poem machines."""
