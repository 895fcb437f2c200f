"""Drawn product pictures: what the demo's customers photograph. Nothing here is, or is made from, a photo."""
