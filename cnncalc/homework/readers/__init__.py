"""The formats of answer sheets: one file each, with `read(data, file) -> Sheet`."""
