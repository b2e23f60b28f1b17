"""Data augmentation: one way to vary training samples per file; `base.py` says what each gives, `augmenter.py` applies them."""
