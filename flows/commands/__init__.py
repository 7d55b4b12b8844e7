"""The commands, one module per group; `docmill.flows.cli` imports each only when it is called."""
