"""A flow that only tests know: door gates count visitors. It has one of everything that a flow may have."""
