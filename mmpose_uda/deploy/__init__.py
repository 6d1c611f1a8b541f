"""Handing an estimator on: exports, ONNX, and loading them."""
