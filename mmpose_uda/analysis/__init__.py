"""Measure methods, models, data and training steps: ablations, comparisons, profiles."""
