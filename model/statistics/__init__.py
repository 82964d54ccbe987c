"""Intervals, comparison of two models, and what figures mean at another prevalence: arithmetic only."""
