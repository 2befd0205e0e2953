"""What is known about Zoho Books: facts, rules, records and the embedded provider."""
