"""PhySTD: physics-guided spoof trace disentanglement for face anti-spoofing.

Start with :mod:`phystd_tf.traces` (the quantities and the conventions), then
:mod:`phystd_tf.physics.formation`, :mod:`phystd_tf.losses` and
:mod:`phystd_tf.training.phystd_model`, which reads like Algorithm 1.
"""

__version__ = "0.1.0"
