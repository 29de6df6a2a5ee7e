"""The whole chain on drawn pictures."""
