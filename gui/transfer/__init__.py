"""Transfer learning in the window: the stages of freezing over the depth, and what became of pretrained weights."""
