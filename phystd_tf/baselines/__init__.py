"""The systems that the paper compares PhySTD with, from their papers."""
