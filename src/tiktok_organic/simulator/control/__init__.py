"""Control calls: tests and the demo change a world over HTTP."""
