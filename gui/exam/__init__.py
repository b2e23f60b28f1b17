"""Examinations of the open network before it is trained: which learning rate, and whether all is well."""
