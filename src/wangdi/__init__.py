"""Wangdi (网底): from the follow-up form at a village clinic to the figure in the work report, and back."""

__version__ = "0.1.0"
