"""What of today's open items will not be paid: the loss allowance by IFRS 9 or US CECL, and the proof behind it."""
