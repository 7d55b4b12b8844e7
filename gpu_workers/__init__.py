"""Starting, watching and feeding model servers, one per GPU."""
