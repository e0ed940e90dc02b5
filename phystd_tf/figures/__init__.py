"""The figures of the paper that show faces, traces and features, drawn from a trained run."""

from phystd_tf.figures.drawing import FIGURES, draw_figure

__all__ = ["FIGURES", "draw_figure"]
