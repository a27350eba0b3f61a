"""From an `Intent` to boxes and captions, frame by frame."""
