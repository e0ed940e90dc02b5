"""The systems that the paper compares PhySTD with, as described in their own papers."""
