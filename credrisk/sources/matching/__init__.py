"""Which company of a public register a customer is: sure matches, a list to review, and honest blanks."""
