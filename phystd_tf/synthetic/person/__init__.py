"""A rendered person: shape, skin, what is worn, and the renderer that draws a frame."""
