"""Images and videos in, predictions and pictures out."""
