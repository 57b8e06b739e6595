"""What a supervisor works with in a notebook or in the app: plain functions over the queue, and thin widgets on top."""
