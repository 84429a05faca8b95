"""Codecs: from a device's payload to samples. `declare` says what a codec is and how one is found."""
