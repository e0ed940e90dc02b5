"""The physics of spoofing, Eq. (1) to (15): one equation, one small pure function.

TensorFlow functions work eagerly, in ``tf.function``, with an unknown batch
size, in float32 and in float64.
"""
