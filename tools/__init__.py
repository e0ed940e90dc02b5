"""Programs: one thin absl program per verb. Flags exist only here. Installed as phystd_tf.tools."""
