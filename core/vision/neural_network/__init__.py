"""Neural networks from the step function on, as post 3331 talks of them: units, layers, and how they learn."""
