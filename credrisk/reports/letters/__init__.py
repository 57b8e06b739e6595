"""Letters to customers: dunning letters and statements of account, as PDF, Word, HTML, plain text and e-mail drafts."""
