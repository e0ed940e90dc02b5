"""The surroundings of a rendered person: light, background, camera, and the conditions that clips share."""
