"""The edge: what bounds everything that comes in, before any of it is worked on. The numbers are `store.budgets`."""
