"""Looking inside trained networks: predictions, filters, activations, loss surfaces, optimizers on surfaces one can see."""
