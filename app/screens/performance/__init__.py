"""The Performance page: how good the model is, from what training and evaluation measured."""
