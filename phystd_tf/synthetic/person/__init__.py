"""A rendered person: shape, skin, glasses, and the renderer that draws a frame."""
