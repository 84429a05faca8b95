"""Style sheets and browser scripts; served by Dash, packaged with the program."""
