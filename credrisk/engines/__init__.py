"""Carry a function over partitions of the rows; what the rows mean is the caller's business."""
