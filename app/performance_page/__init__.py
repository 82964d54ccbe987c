"""Sections of the Performance page, each drawn from what `app.measured` read; none calls the model."""
