"""Engines: where a tab's work is computed. One is chosen a process; the runner asks it and knows no more of it."""
