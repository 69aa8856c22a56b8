"""Reports: one small file each, one engine, one result that every format shows."""
