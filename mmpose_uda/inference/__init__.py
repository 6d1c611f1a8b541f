"""Predict poses in images and videos, and draw them."""
