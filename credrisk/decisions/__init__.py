"""What to do: policy, credit limits, the collection queue."""
