"""Training: the loop as a generator of events, checkpoints, run folder, resume. The public function is `netspec.train`."""
