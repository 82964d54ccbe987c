"""Scripts that make `model/pretrained/`: data, augmentation, fit, evaluate; run as `python -m training`."""
