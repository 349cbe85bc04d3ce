"""The subcommands of `theylive`, one module each: its docstring is the help text, `add_arguments` and `run` do the rest."""
