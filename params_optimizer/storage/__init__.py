"""Every byte that is written: atomic files, run directories, result parts, locks."""
