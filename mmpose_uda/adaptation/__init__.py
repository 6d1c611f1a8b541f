"""Adapting a trained model to photographs in one command, and whether that helped."""
