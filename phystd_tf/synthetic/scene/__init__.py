"""What surrounds a rendered person: light, background, camera, and their conditions."""
