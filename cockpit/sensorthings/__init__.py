"""OGC SensorThings API 1.1, for reading: devices, what they observe, and every reading."""
