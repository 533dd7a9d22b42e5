"""Data: data sets, classic data, examples that ship, and readers' tables."""
