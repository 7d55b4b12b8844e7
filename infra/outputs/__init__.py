"""What is finished goes elsewhere: to a webhook, or as files beside the sources.

`options` are the settings, `ledger` is what the lake knows of deliveries. `deliverer` has a
`courier` for every output, which passes over the commit records: what is due becomes `parcels` with
a `message` each, and goes to a `webhook` or to `files`; `backoff` says when what failed is due
again. `lease` keeps two processes from delivering at once.
"""
