"""Data of the paper and of the datasets, see README.md; read by ``phystd_tf.protocols.building``.

Installed as phystd_tf.protocols.published.
"""
