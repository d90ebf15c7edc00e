"""Networks written as specs: repeats found and folded, blocks with options for what differs."""
