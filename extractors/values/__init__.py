"""Reading typed values out of words: what a run of characters can mean."""
