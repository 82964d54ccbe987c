"""The schema of every file beside the weights: training writes through it; app, command line and reports read it."""
