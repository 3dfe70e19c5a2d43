"""Calibration: coefficients fitted to some field patterns over a prior of firms, and all patterns reported, misses included."""
