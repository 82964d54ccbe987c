"""Arithmetic for intervals, the comparison of two models, and predictive values at another prevalence."""
