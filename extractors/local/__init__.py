"""The embedded extractor: fills any schema from words and boxes, without a model server.

`layout` groups words, `labels` finds what is printed beside values, the modules of `values`
read dates, numbers, codes, parties; `candidates` and `features` are the lasting interface to the
`scorer`; `tables` reads rows; `extractor` puts them together.
"""
