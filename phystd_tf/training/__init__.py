"""Training of PhySTD: Algorithm 1 as a Keras train_step."""
