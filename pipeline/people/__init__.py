"""Finding people in a picture: faces, their landmarks, body joints. The one place that knows MediaPipe."""
