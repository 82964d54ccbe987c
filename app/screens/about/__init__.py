"""The About page, which shows the model card."""
