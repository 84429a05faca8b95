"""What people see and touch: pages, live channel, HTTP API, sign-in, command line."""
