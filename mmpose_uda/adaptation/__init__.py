"""Adapt a trained model to photographs in one command, and judge whether it helped."""
