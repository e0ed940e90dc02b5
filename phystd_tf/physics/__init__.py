"""The physics of spoofing, Eq. (1) to (9) and (11) to (15), with one small pure function per equation.

The TensorFlow functions work eagerly and in ``tf.function``, with an unknown
batch size, in float32 and in float64.
"""
