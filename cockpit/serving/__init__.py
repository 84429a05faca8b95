"""How pages are served: their files, headers, compression, languages and refusals."""
