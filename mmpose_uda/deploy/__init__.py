"""Export estimators, also to ONNX, and load them."""
