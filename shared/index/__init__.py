"""Segments, manifests and search: numpy and annoy, no cloud.

* files: `container` (arrays in one mapped file), `ids`, `attributes`, `columns`, `forest` (Annoy), `sketch_file`
* a segment: `build` writes it, `segment` opens it, `remote` reads vectors of one that is not local yet
* a version of a shard: `manifest`, `liveness` (which rows are the newest word on their id), `snapshot`
* search: `search` runs what `planner` chose: `scan` (exact), `sketch_search`, `forest`; `filter` and `filter_mask`;
  `hits` scores, `answers` are given back, `merge` puts shards together
* what it is worth: `questions`, `measure`, `measure_sketch` fill a `calibration`; `gate` admits a base
* compaction: `compaction` plans and replaces, `merging` makes the merged segment
* `selftest` at start-up
"""
