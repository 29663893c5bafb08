"""What each command of `assistant` does. In: parsed arguments. Out: text or JSON on standard output, and an exit status."""
