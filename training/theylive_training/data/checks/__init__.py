"""The audit of a data set: each module finds one kind of fault in what was read, and changes nothing."""
