"""How the words of a model find those of the page: matching, and boxes for what was matched."""
