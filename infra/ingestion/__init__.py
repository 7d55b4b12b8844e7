"""What is new in a source since it was last looked at, as batches of work.

    inventories/<source id>/manifests/<countdown>-<time>.json
                                    the chunks of what the source held, newest first
    inventories/<source id>/chunks/ab/<key>.json.gz
                                    some thousand objects of a source, in the order of their keys
    batches/ab/<key>.json.gz        objects to process, and how
    batches/ab/<key>/<run_id>.json.gz
                                    what a run over the batch came to

`infra.ingestion.scan.Scan` is the way in.
"""
