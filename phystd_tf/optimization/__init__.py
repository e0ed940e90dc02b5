"""How the systems are trained: the step that all of them share, and their learning rates."""
