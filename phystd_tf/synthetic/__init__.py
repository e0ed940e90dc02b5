"""Synthetic dataset: rendered faces and simulated spoof media, with ground truth.

The datasets of the field are only available under license agreements. The
project therefore renders a small dataset of its own. ``person`` describes and
renders a subject, a medium in ``media`` turns a live frame into a spoof by
Eq. (3), ``scene.camera`` takes a photograph of either, and ``dataset`` writes the
folders. Results on this dataset are no evidence about real photographs. The
ground truth is used for measuring only, never for training.
"""
